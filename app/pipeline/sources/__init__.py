"""Candidate sources: one file each, listed in one place."""
