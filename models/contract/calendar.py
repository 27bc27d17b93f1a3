"""Times -> parts of the day and days of the week, UTC."""

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Indices32

DAY = 86_400.0
DAYPARTS = ("night", "morning", "afternoon", "evening")
"""Six hours each, UTC: 0-6, 6-12, 12-18, 18-24."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def dayparts(times: Doubles) -> Indices32:
    """The quarter of the day of Unix times [n], as indices into DAYPARTS."""
    return _whole(times % DAY // (DAY / len(DAYPARTS)))


def weekdays(times: Doubles) -> Indices32:
    """The day of the week of Unix times [n], as indices into WEEKDAYS; 1970-01-01 was a Thursday."""
    return _whole((times // DAY + 3) % len(WEEKDAYS))


def daypart(timestamp: float) -> str:
    """The quarter of the day of a Unix time."""
    return DAYPARTS[int(dayparts(np.array([timestamp]))[0])]


def weekday(timestamp: float) -> str:
    """The day of the week of a Unix time."""
    return WEEKDAYS[int(weekdays(np.array([timestamp]))[0])]


def _whole(numbers: NDArray[np.float64]) -> Indices32:
    return numbers.astype(np.int32)
