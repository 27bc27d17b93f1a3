"""Candidate sources that read arrays only: the service and the evaluation search the same list."""
