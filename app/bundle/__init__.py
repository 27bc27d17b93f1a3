"""The bundle in memory: items, vectors, indexes, known users and the predictor."""
