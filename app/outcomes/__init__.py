"""Outcomes: what was shown and taken, joined as events come, and the figures of it"""
