"""Baselines: one file each, listed in registry.py, tuned on validation like the network."""
