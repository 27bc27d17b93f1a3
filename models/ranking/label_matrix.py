"""Which of n items has which of the labels, as the entries of a sparse matrix [n, labels]."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices


@dataclass(frozen=True, slots=True)
class LabelMatrix:
    """The m entries of a matrix [n, labels] of zeros and ones, in no order."""

    items: int  # n
    names: Mapping[str, int]  # label -> column
    rows: Indices  # [m]
    columns: Indices  # [m]

    @staticmethod
    def of(labels: Iterable[frozenset[str]]) -> "LabelMatrix":
        """The matrix of n items by their label sets."""
        none = np.zeros(0, dtype=np.int64)
        return LabelMatrix(0, {}, none, none).with_items(dict(enumerate(labels)))

    def with_items(self, labels: Mapping[int, frozenset[str]]) -> "LabelMatrix":
        """The matrix in which the items at these rows have these labels and no others; a row may be new."""
        names, replaced = dict(self.names), np.fromiter(labels, np.int64, len(labels))
        pairs = [(row, names.setdefault(label, len(names))) for row, each in labels.items() for label in each]
        added = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        stays = ~np.isin(self.rows, replaced)
        return LabelMatrix(
            max([self.items, *(row + 1 for row in labels)]),
            names,
            np.concatenate([self.rows[stays], added[:, 0]]),
            np.concatenate([self.columns[stays], added[:, 1]]),
        )

    def count_labels(self) -> Indices:
        """[labels] the number of items with each label."""
        return np.bincount(self.columns, minlength=len(self.names))

    def share_labels(self, rows: Sequence[int] | Indices) -> Floats:
        """[labels] the share of the items at p rows that have each label; 0 where p is 0."""
        named = np.bincount(np.asarray(rows, dtype=np.int64), minlength=self.items)
        shares = np.bincount(self.columns, weights=named[self.rows], minlength=len(self.names))
        return np.asarray(shares / max(len(rows), 1))

    def average(self, weights: Floats) -> Floats:
        """[n] the mean of the weights [labels] of each item's labels; 0 for an item without a label."""
        sums = np.bincount(self.rows, weights=weights[self.columns], minlength=self.items)
        counts = np.bincount(self.rows, minlength=self.items)
        return np.asarray(sums / np.maximum(counts, 1), dtype=np.float32)
