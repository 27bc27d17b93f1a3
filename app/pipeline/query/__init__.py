"""Text preferences: the query of a request and the interests of a profile."""
