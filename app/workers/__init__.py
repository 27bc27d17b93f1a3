"""Several processes that serve one port, under a supervisor."""
