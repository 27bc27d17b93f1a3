"""List algorithms over arrays: candidate selection, re-rankers, similarity. Shared by service and evaluation."""
