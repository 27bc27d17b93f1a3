"""Moments in Unix seconds: the latest, the mark of events without a time, and the reading of RFC 3339 times."""

import re
from datetime import UTC, datetime
from typing import Any

import numpy as np

from models.contract.arrays import Doubles, Mask

LATEST = 1e11
"""The latest accepted moment, in the year 5138; a time in milliseconds is later."""
NO_TIME = -1e300
"""The time of an event of which only the order is known, and that it came before every event with a time or an order.

It is a finite number, so that such events sort first and keep their order, in the bundle and in the store alike.
"""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def has_time(times: Doubles) -> Mask:
    """Mask [n]: True for the events whose time (or order) is known."""
    return np.asarray(times != NO_TIME)


def parse_time(value: Any) -> Any:
    """Unix seconds of an RFC 3339 time; a value of another type is returned for the number check."""
    if not isinstance(value, str):
        return value
    expectation = "expected Unix seconds or an RFC 3339 time with its offset"
    if _RFC3339.fullmatch(value) is None:
        raise ValueError(expectation)
    try:
        return datetime.fromisoformat(value.upper()).timestamp()
    except (ValueError, OverflowError) as error:  # the 31st of February
        raise ValueError(expectation) from error


def format_time(moment: float) -> str:
    """The RFC 3339 time of a moment up to LATEST, in whole seconds of UTC."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
