"""Wire types <-> the types of the pipeline and the store."""
