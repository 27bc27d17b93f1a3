"""Data of a job: readers, cleaning, numbering, labels, fitted features, and the temporal split."""
