"""Public data sets, fetched by name."""
