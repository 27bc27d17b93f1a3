"""The exported log: accepted events and joined impressions as Parquet files"""
