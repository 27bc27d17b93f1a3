"""CSV, TSV, Parquet and JSON Lines files -> Arrow columns."""
