"""`chorus batch-score`: files of (user, item) pairs scored into files."""
