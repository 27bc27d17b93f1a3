"""The default pace of an update, for its command and for the offline side (docs/measurements.md)."""

PASSES = 3
"""Passes over the new events."""
REPLAY = 1.0
"""Older events in a pass for each new one, against forgetting."""
