"""The training loop, its batches and losses."""
