"""The evaluation report and its outputs."""
