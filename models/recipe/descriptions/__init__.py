"""The command `chorus describe`: written descriptions of a job's items, checked against their fields."""
