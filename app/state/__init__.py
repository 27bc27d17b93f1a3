"""User state: protocols, and their implementations."""
