"""Head kinds: one file a kind, listed once in registry.py."""
