"""The category cap: at most so many picks per label, raised when no candidate is left."""

from dataclasses import dataclass, field

import numpy as np

from models.contract.arrays import Floats, Indices, Mask


@dataclass(slots=True)
class CategoryCap:
    """At most `most` picks per label, as long as open candidates are left.

    A candidate is closed once one of its labels is full. When all remaining candidates are closed, `most` rises by one:
    the length of the list takes precedence over the cap, and the labels stay as even as possible.
    """

    hot: Floats  # [K, M] 1 if the candidate has the label
    most: int
    barred: Mask | None = None  # [K] True: closed until the cap first rises
    exceeded: bool = field(init=False, default=False)  # True once the cap has risen
    closed: Mask = field(init=False)  # [K]
    counts: Floats = field(init=False)  # [M] picks per label

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError(f"expected at least 1 item a category, given {self.most}")
        self.counts = np.zeros(self.hot.shape[1], dtype=np.float32)
        self.closed = np.zeros(len(self.hot), dtype=np.bool_) if self.barred is None else self.barred.copy()

    def pick(self, position: int) -> None:
        """Count the labels of the picked candidate, and close all candidates with a label that is now full."""
        labels = np.flatnonzero(self.hot[position])
        self.counts[labels] += 1
        self._close(labels[self.counts[labels] >= self.most])

    def rise(self) -> None:
        """Raise the cap by one pick per label, and open the barred candidates."""
        self.exceeded = True
        self.most += 1
        self.closed = np.zeros(len(self.hot), dtype=np.bool_)
        self._close(np.flatnonzero(self.counts >= self.most))

    def _close(self, full_labels: Indices) -> None:
        if len(full_labels):
            self.closed |= self.hot[:, full_labels].any(axis=1)
