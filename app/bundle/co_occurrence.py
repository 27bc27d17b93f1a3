"""Co-occurrence of items in the live counts: for each item, the items that the same users took lately."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices

MOST_PARTNERS = 50
"""Items that are kept for one item."""


class Partners(NamedTuple):
    """m items that were taken together with one item, the strongest first."""

    rows: Indices  # [m] catalogue rows
    strengths: Floats  # [m] in (0, 1)


@dataclass(frozen=True, slots=True)
class PartnerTable:
    """The partners of all items. Immutable."""

    owners: Indices  # [p] ascending rows
    rows: Indices  # [p]
    strengths: Floats  # [p] descending for each owner

    @staticmethod
    def of(first: Indices, second: Indices, strengths: Doubles) -> "PartnerTable":
        """The table of distinct pairs [p], of which each makes its items partners of one another."""
        owners, rows = np.concatenate([first, second]), np.concatenate([second, first])
        both = np.concatenate([strengths, strengths]).astype(np.float32)
        order = np.lexsort((rows, -both, owners))
        owners, rows, both = owners[order], rows[order], both[order]
        place = np.arange(len(owners)) - np.searchsorted(owners, owners)
        kept = place < MOST_PARTNERS
        return PartnerTable(owners[kept], rows[kept], both[kept])

    def find(self, row: int) -> Partners:
        """The partners of an item."""
        start, stop = np.searchsorted(self.owners, [row, row + 1])
        return Partners(self.rows[start:stop], self.strengths[start:stop])

    def measure(self, row: int, others: Indices) -> Floats:
        """[k] the strengths of the pairs of an item with others [k]; 0 for those that are no partners."""
        rows, strengths = self.find(row)
        found = dict(zip(rows.tolist(), strengths.tolist(), strict=True))
        return np.fromiter((found.get(other, 0.0) for other in others.tolist()), np.float32, len(others))

    def join(self, rows: Indices, weights: Floats) -> Partners:
        """The partners of several items [m] together, by the sums of their strengths times the weights [m]."""
        tables = [self.find(row) for row in rows.tolist()]
        scaled = [table.strengths * weight for table, weight in zip(tables, weights, strict=True)]
        every, numbers = np.unique(np.concatenate([table.rows for table in tables]), return_inverse=True)
        sums = np.bincount(numbers, np.concatenate(scaled), minlength=len(every)).astype(np.float32)
        order = np.argsort(-sums, kind="stable")
        return Partners(every[order], sums[order])

    def __len__(self) -> int:
        return len(self.owners)


def make_empty_table() -> PartnerTable:
    """The table without pairs."""
    rows = np.zeros(0, dtype=np.int64)
    return PartnerTable(rows, rows, np.zeros(0, dtype=np.float32))


@dataclass(slots=True)
class CoOccurrence:
    """The newest table, which is replaced by one assignment while requests read the one before."""

    table: PartnerTable = field(default_factory=make_empty_table)
