"""Near-optimal lists by slow searches, offline: the references that greedy re-ranking is held against."""
