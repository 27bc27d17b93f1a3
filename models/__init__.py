"""The offline job, and what both sides share."""
