"""The texts of a corpus's events as vectors, and those that a user had written before a moment."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.events import Codes
from models.contract.features import NEWEST_TEXTS


@dataclass(frozen=True, slots=True)
class EventTexts:
    """The m events of a corpus that have a text, and the vectors of the R distinct texts."""

    rows: Indices  # [m] corpus rows, ascending
    codes: Indices  # [m] rows of `table`
    table: Floats  # [R, T]

    @staticmethod
    def of(column: Codes, order: Indices, table: Floats) -> "EventTexts":
        """The texts of a log's column, whose rows in the corpus's order are `order` [n]; blank ones are left out."""
        codes = column.codes[order]
        has_text = np.append(table.any(axis=1), False)[codes]  # -1 selects the last element
        rows = np.flatnonzero(has_text)
        return EventTexts(rows, codes[rows].astype(np.int64), table)

    def newest(self, starts: Indices, stops: Indices) -> Floats:
        """[B, NEWEST_TEXTS, T] the texts of the events from corpus row `starts` [B] to before `stops` [B].

        The newest comes first; zeros where there are fewer.
        """
        first, end = np.searchsorted(self.rows, starts), np.searchsorted(self.rows, stops)
        found = end[:, None] - 1 - np.arange(NEWEST_TEXTS)[None]
        is_there = found >= first[:, None]
        if not is_there.any():
            return np.zeros((*found.shape, self.table.shape[1]), dtype=np.float32)
        vectors = self.table[self.codes[np.where(is_there, found, 0)]]
        return np.where(is_there[..., None], vectors, np.float32(0))

    def keep(self, rows: Indices) -> "EventTexts":
        """The texts in a corpus of these rows alone; that of a row left out belongs to the one before it."""
        return EventTexts(np.searchsorted(rows, self.rows, side="right") - 1, self.codes, self.table)
