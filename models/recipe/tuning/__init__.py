"""`chorus tune`: search the settings of a job for those with the best lists on validation."""
