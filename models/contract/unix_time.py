"""Moments in Unix seconds: the latest accepted one, and the reading of RFC 3339 times."""

import re
from datetime import datetime
from typing import Any

LATEST = 1e11
"""The latest accepted moment, in the year 5138; a time in milliseconds is later."""

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


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
