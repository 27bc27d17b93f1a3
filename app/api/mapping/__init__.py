"""Conversion between the wire types and the types of the pipeline and the store."""
