"""Candidates -> calibrated head values -> fused scores."""
