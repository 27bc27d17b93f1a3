"""The contract between offline job and online service: events, features, scoring, the bundle.

Imports numpy, pydantic and the standard library only.
"""
