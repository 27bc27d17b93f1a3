"""The languages and limits of written descriptions, for the command and for the offline side."""

LANGUAGES = ("en", "zh", "de", "es", "fr")
"""Tags (RFC 5646) of the languages that descriptions can be asked for in."""
PARALLEL = 4
"""Requests of the language model at once."""
TIMEOUT_S = 60.0
"""The longest wait for one answer of it, in seconds."""
MOST_VARIANTS = 10
MOST_PARALLEL = 64
