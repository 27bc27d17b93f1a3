"""The steps of the offline recipe: each takes what the last one gave, and says on the console how it goes."""
