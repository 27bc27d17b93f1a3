"""The wire types: what a caller may send, and what a caller gets. Unknown fields are refused by name."""
