"""Metrics: pure functions, one file a family."""
