"""The wire types, a file a resource: requests and answers. Unknown fields are refused by name."""
