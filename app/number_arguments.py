"""Numbers on the command line: counts, shares, minutes and durations, with one line for what is none."""

import math
import re
from argparse import ArgumentTypeError


def read_count(text: str) -> int:
    """A whole number from 1 on; raises ArgumentTypeError for another text."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise ArgumentTypeError(f"expected a whole number from 1 on, given {text!r}")
    return int(text)


def read_minutes(text: str) -> float:
    """A number above 0; raises ArgumentTypeError for another text."""
    minutes = _read_number(text)
    if not 0 < minutes < math.inf:
        raise ArgumentTypeError(f"expected a number above 0, given {text!r}")
    return minutes


def read_replay(text: str) -> float:
    """A number from 0 to 1000; raises ArgumentTypeError for another text."""
    return _read_up_to(1000, text)


def read_share(text: str) -> float:
    """A number from 0 to 1; raises ArgumentTypeError for another text."""
    return _read_up_to(1, text)


def _read_up_to(most: int, text: str) -> float:
    number = _read_number(text)
    if not 0 <= number <= most:
        raise ArgumentTypeError(f"expected a number from 0 to {most}, given {text!r}")
    return number


def _read_number(text: str) -> float:
    """The number of a text, NaN for none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


_DURATION = re.compile(r"(\d{1,6})([smh])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def read_duration(text: str) -> float:
    """Seconds of a duration such as 30s, 15m or 1h; raises ArgumentTypeError for another text."""
    match = _DURATION.fullmatch(text)
    if match is None or not int(match[1]):
        raise ArgumentTypeError(f"expected a duration such as 30s, 15m or 1h, given {text!r}")
    return float(int(match[1]) * _SECONDS[match[2]])
