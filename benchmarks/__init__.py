"""Benchmarks of speed and ranking quality; each is a command that prints a table."""
