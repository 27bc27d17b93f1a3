"""The shared room: what the offline job and the online service both believe.

numpy, pydantic and the standard library only.
"""
