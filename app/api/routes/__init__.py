"""The endpoints: each takes a typed body, makes one call, and answers."""
