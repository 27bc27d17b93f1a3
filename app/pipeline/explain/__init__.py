"""Reasons for the items of a slate, each with a measured strength."""
