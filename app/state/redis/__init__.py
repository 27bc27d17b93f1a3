"""User state in Redis."""
