"""User state in the memory of this process, for development and tests."""
