"""Candidate sources and the retrieval that merges them."""
