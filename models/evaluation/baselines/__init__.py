"""Baselines, tuned on validation like the network."""
