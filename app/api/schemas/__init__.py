"""The wire types of requests and answers, a file for each resource; unknown fields are errors."""
