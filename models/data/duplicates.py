"""Find rows of a log that a later row repeats or replaces."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.data.readers.parsing import TextCodes


class Repeated(NamedTuple):
    """For n rows, whether a later row has the same time and the same texts."""

    equal: Mask  # [n] and the same value in the last such row
    replaced: Mask  # [n] and another value in the last such row


def find_repeated(
    times: Doubles, values: Doubles, columns: Sequence[TextCodes], orders: Doubles | None = None
) -> Repeated:
    """The rows that repeat in `times` [n], `columns` [n] and `orders` [n], if there are any.

    Of each group the last row is in neither mask.
    """
    equal, replaced = np.zeros(len(times), dtype=bool), np.zeros(len(times), dtype=bool)
    rows = np.flatnonzero(find_shared_times(times))
    if not len(rows):
        return Repeated(equal, replaced)
    keys: list[Doubles | Indices] = [times[rows], *combine_codes([column.take(rows) for column in columns])]
    keys += [] if orders is None else [orders[rows]]
    order = np.lexsort(keys)  # stable: of equal rows the latest comes last
    is_equal = np.ones(len(rows) - 1, dtype=bool)
    for key in keys:
        ordered = key[order]
        is_equal &= ordered[1:] == ordered[:-1]
    repeats = np.append(is_equal, False)
    ends = np.flatnonzero(~repeats)  # the last row of each group
    last = ends[np.searchsorted(ends, np.arange(len(rows)))]
    final = values[rows[order[last]]]
    given = values[rows[order]]
    has_same = (given == final) | (np.isnan(given) & np.isnan(final))
    equal[rows[order[repeats & has_same]]] = True
    replaced[rows[order[repeats & ~has_same]]] = True
    return Repeated(equal, replaced)


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
