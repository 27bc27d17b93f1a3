"""Find rows of a log that duplicate an earlier row."""

from collections.abc import Sequence

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.data.readers.parsing import TextCodes


def find_duplicates(times: Doubles, columns: Sequence[TextCodes]) -> Mask:
    """[n] True for rows with the time and the texts of an earlier row."""
    rows = np.flatnonzero(find_shared_times(times))
    keys = [times[rows], *combine_codes([column.take(rows) for column in columns])]
    order = np.lexsort(keys)  # stable: of equal rows the earliest comes first
    is_equal = np.ones(max(len(rows) - 1, 0), dtype=bool)
    for key in keys:
        ordered = key[order]
        is_equal &= ordered[1:] == ordered[:-1]
    is_duplicate = np.zeros(len(times), dtype=bool)
    is_duplicate[rows[order[1:][is_equal]]] = True
    return is_duplicate


def find_shared_times(times: Doubles) -> Mask:
    """[n] True for times that occur more than once; only these rows, often few, can be duplicates."""
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    is_equal = ordered[1:] == ordered[:-1]
    is_shared = np.zeros(len(times), dtype=bool)
    is_shared[order[1:][is_equal]] = True
    is_shared[order[:-1][is_equal]] = True
    return is_shared


def combine_codes(columns: Sequence[TextCodes]) -> list[Indices]:
    """Combine the columns into few integer keys [n]; columns whose product of sizes fits 63 bits share a key."""
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
