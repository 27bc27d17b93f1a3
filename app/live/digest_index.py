"""The rows of a catalogue by the digests of its item ids, as sorted arrays: a million items take 16 MB."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.state.protocol import Digests, LiveStore
from models.contract.arrays import Indices


@dataclass(frozen=True, slots=True)
class DigestIndex:
    """The first n rows of a catalogue."""

    digests: Digests  # [n] ascending
    rows: Indices  # [n] the row of each

    @staticmethod
    def of(store: LiveStore, item_ids: Sequence[str]) -> "DigestIndex":
        """The index of items in the order of their rows."""
        return DigestIndex.sort(store.digest(item_ids))

    @staticmethod
    def sort(digests: Digests) -> "DigestIndex":
        """The index of n digests by their places, in place of a catalogue's rows."""
        places = np.argsort(digests, kind="stable")
        return DigestIndex(digests[places], places)

    def __len__(self) -> int:
        return len(self.rows)

    def extend(self, store: LiveStore, item_ids: Sequence[str]) -> "DigestIndex":
        """The index with items added after the last row."""
        digests = np.concatenate([self.digests, store.digest(item_ids)])
        rows = np.concatenate([self.rows, len(self) + np.arange(len(item_ids))])
        order = np.argsort(digests, kind="stable")
        return DigestIndex(digests[order], rows[order])

    def find(self, digests: Digests) -> Indices:
        """[m] the rows of digests [m]; -1 for an item that the catalogue lacks."""
        if not len(self):
            return np.full(len(digests), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.digests, digests), len(self) - 1)
        return np.where(self.digests[at] == digests, self.rows[at], -1)
