"""A cap on the picks of each category: which candidates are closed, and when the cap rises."""

from dataclasses import dataclass, field

import numpy as np

from models.contract.arrays import Floats, Indices, Mask


@dataclass(slots=True)
class CategoryCap:
    """At most `most` picks a label, as long as other candidates are left.

    Once every candidate left is closed, `most` rises by one at a time: a list's length comes before the cap, and
    the list stays as even as it can be.
    """

    hot: Floats  # [K, M] 1 where a candidate carries a label
    most: int
    barred: Mask | None = None  # [K] True: closed from the start
    exceeded: bool = field(init=False, default=False)
    closed: Mask = field(init=False)  # [K]
    counts: Floats = field(init=False)  # [M]

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError(f"expected at least 1 item a category, given {self.most}")
        self.counts = np.zeros(self.hot.shape[1], dtype=np.float32)
        self.closed = np.zeros(len(self.hot), dtype=np.bool_) if self.barred is None else self.barred.copy()

    def pick(self, position: int) -> None:
        """Count a pick's labels, and close the candidates that carry a full label."""
        labels = np.flatnonzero(self.hot[position])
        self.counts[labels] += 1
        self._close(labels[self.counts[labels] >= self.most])

    def rise(self) -> None:
        """Allow one more of each label, and the barred candidates too."""
        self.exceeded = True
        self.most += 1
        self.closed = np.zeros(len(self.hot), dtype=np.bool_)
        self._close(np.flatnonzero(self.counts >= self.most))

    def _close(self, full_labels: Indices) -> None:
        if len(full_labels):
            self.closed |= self.hot[:, full_labels].any(axis=1)
