"""Rows of a log that repeat an earlier one."""

from collections.abc import Sequence

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.data.readers.parsing import TextCodes


def repeated(times: Doubles, columns: Sequence[TextCodes]) -> Mask:
    """Which of n rows have the time and the texts of an earlier row."""
    rows = np.flatnonzero(shared_times(times))
    keys = [times[rows], *combined_codes([column.take(rows) for column in columns])]
    order = np.lexsort(keys)  # stable: of equal rows the earliest comes first
    same = np.ones(max(len(rows) - 1, 0), dtype=bool)
    for key in keys:
        ordered = key[order]
        same &= ordered[1:] == ordered[:-1]
    repeats = np.zeros(len(times), dtype=bool)
    repeats[rows[order[1:][same]]] = True
    return repeats


def shared_times(times: Doubles) -> Mask:
    """Which of n times occur more than once: only rows of these can be duplicates, often few of a log."""
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    equal = ordered[1:] == ordered[:-1]
    shared = np.zeros(len(times), dtype=bool)
    shared[order[1:][equal]] = True
    shared[order[:-1][equal]] = True
    return shared


def combined_codes(columns: Sequence[TextCodes]) -> list[Indices]:
    """The columns as few integer keys [n]: columns whose product of sizes fits 63 bits become one key."""
    keys: list[Indices] = []
    size = 2**63
    for column in columns:
        count = len(column.names) + 1
        if size * count < 2**63:
            keys[-1] *= count
            keys[-1] += column.codes
            size *= count
        else:
            keys.append(column.codes.astype(np.int64))
            size = count
    return keys
