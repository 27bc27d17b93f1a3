"""The live statistics of one tenant: read from the store beside the requests, and applied to the bundle in use."""

import time
from collections.abc import Callable

from app.bundle.bundle import LoadedBundle
from app.bundle.item_columns import ItemColumns
from app.live.application import apply_popularity, find_since, relate_items
from app.live.counts import LiveCounts
from app.live.digest_index import DigestIndex
from app.state.protocol import LiveStore
from models.contract.live_statistics import LiveWindow

DECAY_S = 60.0
"""Seconds after which unchanged counts are applied again, as they decay."""


class LiveStatistics:
    """The counts of one tenant. `read` and `apply` need one caller at a time."""

    def __init__(self, store: LiveStore, clock: Callable[[], float] = time.time) -> None:
        self.counts = LiveCounts(store, LiveWindow(store.half_life_s))
        self.read_at: float | None = None
        """When the store was asked last with success, in Unix seconds."""
        self._store = store
        self._clock = clock
        self._index: tuple[ItemColumns, DigestIndex] | None = None
        self._applied_at = 0.0

    async def read(self) -> bool:
        """Read what changed in the store; True if it is time to apply the counts. Raises StateUnavailableError."""
        now = self._clock()
        changed = await self.counts.read(now)
        self.read_at = now
        decayed = not self.counts.is_empty and now - self._applied_at >= DECAY_S
        return changed or decayed

    def measure_age_s(self) -> float:
        """Seconds since the store was read last; 0 before the first reading."""
        return 0.0 if self.read_at is None else max(0.0, self._clock() - self.read_at)

    def lags(self, bundle: LoadedBundle) -> bool:
        """True if the bundle has items that it did not have when the counts were applied."""
        return self._index is not None and len(self._index[1]) < len(bundle.catalogue)

    def apply(self, bundle: LoadedBundle) -> None:
        """Bring a bundle to the counts, with its catalogue's columns as only writer."""
        now = self._clock()
        self.counts.forget(now)
        index, window = self._find_index(bundle), self.counts.window
        since = find_since(bundle.manifest, timed=bundle.spec.timed)
        apply_popularity(bundle, self.counts.sum_items(index, now, since), window.half_life_s)
        pairs, items = self.counts.sum_pairs(index, now), self.counts.sum_items(index, now, 0.0)
        relate_items(bundle, pairs, items, len(index))
        self._applied_at = now

    def _find_index(self, bundle: LoadedBundle) -> DigestIndex:
        """The index of the bundle's catalogue, which is extended by new rows, and made anew for another catalogue."""
        catalogue = bundle.catalogue
        if self._index is None or self._index[0] is not catalogue.store:
            self._index = catalogue.store, DigestIndex.of(self._store, catalogue.ids[: len(catalogue)])
        columns, index = self._index
        if len(index) < len(catalogue):
            index = index.extend(self._store, catalogue.ids[len(index) : len(catalogue)])
            self._index = columns, index
        return index
