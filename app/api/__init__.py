"""The HTTP API: routes, wire types, and the mapping between the wire and the pipeline."""
