"""User state in this process, for development and tests."""
