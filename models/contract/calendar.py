"""Quarter of the day and day of the week of Unix times, in UTC."""

import numpy as np

from models.contract.arrays import Doubles, Indices32
from models.contract.unix_time import has_time

DAY = 86_400.0
DAYPARTS = ("night", "morning", "afternoon", "evening")
"""Six hours each, in UTC: 0-6, 6-12, 12-18, 18-24."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def dayparts(times: Doubles) -> Indices32:
    """The quarter of the day of Unix times [n], as indices into DAYPARTS; -1 without a time."""
    known = has_time(times)
    quarters = np.where(known, times, 0.0) % DAY // (DAY / len(DAYPARTS))
    return np.where(known, quarters, -1).astype(np.int32)


def weekdays(times: Doubles) -> Indices32:
    """The day of the week of Unix times [n], as indices into WEEKDAYS, -1 without a time; 1970-01-01 was a Thursday."""
    known = has_time(times)
    days = (np.where(known, times, 0.0) // DAY + 3) % len(WEEKDAYS)
    return np.where(known, days, -1).astype(np.int32)


def daypart(timestamp: float) -> str:
    """The quarter of the day of a known Unix time."""
    return DAYPARTS[int(timestamp % DAY // (DAY / len(DAYPARTS)))]


def weekday(timestamp: float) -> str:
    """The day of the week of a known Unix time."""
    return WEEKDAYS[int((timestamp // DAY + 3) % len(WEEKDAYS))]
