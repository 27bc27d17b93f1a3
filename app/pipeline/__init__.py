"""The stages of one answer, each a new type."""
