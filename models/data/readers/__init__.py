"""Readers of CSV, TSV, Parquet and JSON Lines files into tables of Arrow columns."""
