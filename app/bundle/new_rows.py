"""The rows of new items, which are given a share of the places: items of which too little is known yet."""

from dataclasses import dataclass, field

import numpy as np

from models.contract.arrays import Indices, Mask, make_no_rows


@dataclass(slots=True)
class NewRows:
    """The newest rows, which are replaced by one assignment while requests read those before."""

    rows: Indices = field(default_factory=make_no_rows)  # [m] ascending, distinct
    left: dict[int, int] = field(default_factory=dict)  # row -> impressions until it is new no longer

    def mark(self, rows: Indices) -> Mask:
        """[K] True for those of catalogue rows [K] that are new items'."""
        new = self.rows
        if not len(new):
            return np.zeros(len(rows), dtype=np.bool_)
        return np.asarray(new[np.minimum(np.searchsorted(new, rows), len(new) - 1)] == rows)

    def show(self, rows: Indices) -> None:
        """Count an impression of each of these new rows [k], and drop those that were shown often enough."""
        left = {row: self.left.get(row, 1) - 1 for row in rows.tolist()}
        self.left |= left
        if min(left.values(), default=1) <= 0:
            self.rows = self.rows[~np.isin(self.rows, [row for row in left if left[row] <= 0])]
