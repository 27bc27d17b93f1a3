"""The exported log: accepted events as Parquet files, from which training reads"""
