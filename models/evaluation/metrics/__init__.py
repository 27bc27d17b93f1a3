"""Metrics: pure functions, one file a metric, listed in registry.py."""
