"""The deterministic compiler of a request's words into a plan: clauses, numbers, items, labels and wishes."""
