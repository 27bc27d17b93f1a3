"""Numbers on the command line: counts and minutes, with one line for what is none."""

import math
from argparse import ArgumentTypeError


def read_count(text: str) -> int:
    """A whole number from 1 on; raises ArgumentTypeError for another text."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"expected a whole number from 1 on, given {text!r}")
    return int(text)


def read_minutes(text: str) -> float:
    """A number above 0; raises ArgumentTypeError for another text."""
    try:
        minutes = float(text)
    except ValueError:
        minutes = math.nan
    if not 0 < minutes < math.inf:
        raise ArgumentTypeError(f"expected a number above 0, given {text!r}")
    return minutes
