"""Why an item is in the list of a request, or which stage and rule stopped it."""
