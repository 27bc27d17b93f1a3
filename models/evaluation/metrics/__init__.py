"""Metrics of ranked lists and of predictions, as pure functions."""
