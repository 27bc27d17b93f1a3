"""The words of a request -> text preferences."""
