"""The label sets of some rows of a table with numbered distinct sets: a list's labels are read as arrays."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import overload

import numpy as np

from models.contract.arrays import Floats, Indices
from models.ranking.jaccard import jaccard

LabelSet = frozenset[str]
MOST_OVERLAPS = 1_000
"""The most distinct sets whose overlaps are kept, which take 4 MB then."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelTable:
    """The labels of n items: D distinct sets of M labels in total. Most items share their set with others."""

    sets: tuple[LabelSet, ...]  # D
    hot: Floats  # [D, M] 1 if the set has the label
    sizes: Floats  # [D] the number of its labels
    set_of: Indices  # [n] the number of each item's set
    overlap: Floats | None  # [D, D] the Jaccard similarity of the sets; None where they are too many

    @staticmethod
    def of(labels: Iterable[LabelSet], most_cells: int) -> "LabelTable | None":
        """The table of n label sets; None if D * M is above `most_cells`."""
        numbers: dict[LabelSet, int] = {}
        set_of = [numbers.setdefault(each, len(numbers)) for each in labels]
        return _build(numbers, np.array(set_of, dtype=np.int64), most_cells)

    def with_items(self, labels: Mapping[int, LabelSet], most_cells: int) -> "LabelTable | None":
        """The table in which the items at these rows have these labels; a row may be the next new one.

        None if it would have more cells than `most_cells`.
        """
        if not labels:
            return self
        numbers = {each: number for number, each in enumerate(self.sets)}
        codes = [numbers.setdefault(each, len(numbers)) for each in labels.values()]
        rows = np.fromiter(labels, np.int64, len(labels))
        set_of = np.zeros(max(len(self.set_of), int(rows.max()) + 1), dtype=np.int64)
        set_of[: len(self.set_of)] = self.set_of
        set_of[rows] = codes
        return _build(numbers, set_of, most_cells)

    def multi_hot(self, rows: Indices) -> tuple[Floats, Floats]:
        """(hot [K, M'], sizes [K]) of the items at rows [K]; the M' columns are the labels that two of them have."""
        sets = self.set_of[rows]
        counts = np.bincount(sets, minlength=len(self.sets)).astype(np.float32)
        return self.hot[:, counts @ self.hot > 1][sets], self.sizes[sets]


def _build(sets: Mapping[LabelSet, int], set_of: Indices, most_cells: int | None) -> LabelTable | None:
    """The table of the distinct sets, in the order of their numbers."""
    all_labels = list(chain.from_iterable(sets))
    codes = {label: code for code, label in enumerate(dict.fromkeys(all_labels))}
    if most_cells is not None and len(sets) * len(codes) > most_cells:
        return None
    sizes = np.fromiter(map(len, sets), dtype=np.int64, count=len(sets))
    hot = np.zeros((len(sets), len(codes)), dtype=np.float32)
    hot[np.repeat(np.arange(len(sets)), sizes), list(map(codes.__getitem__, all_labels))] = 1
    table_sizes = sizes.astype(np.float32)
    overlap = _measure_overlap(hot, table_sizes) if len(sets) <= MOST_OVERLAPS else None
    return LabelTable(tuple(sets), hot, table_sizes, set_of, overlap)


def _measure_overlap(hot: Floats, sizes: Floats) -> Floats:
    """The Jaccard similarity [D, D] of D sets with M labels: hot [D, M], sizes [D]. 0 between two empty sets."""
    known = np.maximum(sizes, 1)
    overlap: Floats = jaccard(hot @ hot.T, known[:, None], known)
    return overlap


@dataclass(frozen=True, slots=True, eq=False)
class LabelRows(Sequence[LabelSet]):
    """The label sets of the items at some rows of a table."""

    table: LabelTable
    rows: Indices  # [K]

    def __len__(self) -> int:
        return len(self.rows)

    @overload
    def __getitem__(self, index: int) -> LabelSet: ...

    @overload
    def __getitem__(self, index: slice) -> "LabelRows": ...

    def __getitem__(self, index: int | slice) -> "LabelSet | LabelRows":
        if isinstance(index, slice):
            return LabelRows(self.table, self.rows[index])
        return self.table.sets[int(self.table.set_of[self.rows[index]])]

    def multi_hot(self) -> tuple[Floats, Floats]:
        """See LabelTable.multi_hot."""
        return self.table.multi_hot(self.rows)
