"""List algorithms over arrays, for the service and the offline evaluation: candidates, re-rankers, similarity."""
