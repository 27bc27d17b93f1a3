"""Reasons for the items of a slate, each measured."""
