"""The kinds of prediction heads: label rule, loss, calibration and metrics of each, listed in registry.py."""
