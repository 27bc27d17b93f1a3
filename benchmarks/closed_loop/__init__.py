"""A simulated town that drives the real service over days, to measure what the learning loop brings."""
