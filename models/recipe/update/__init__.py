"""The steps of `chorus update`: open the bundle, ingest, learn with replay, fit, compare, publish."""
