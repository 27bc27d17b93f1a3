"""The new items of one tenant: those that nobody had taken before they were shown, until they were shown so often.

An item that was put after the bundle was exported is new, and stays so in the next bundle, with events or without, as
long as its trial is not over: the first take of a new item is the beginning of what is known, not the end. An item that
the bundle was exported with, and of which it has no event, is not: it may have been passed over for years.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.item_ages import DAY_S
from app.bundle.item_columns import ItemColumns
from app.live.digest_index import DigestIndex
from app.state.protocol import Digests, ItemCounts, StateUnavailableError, TrialStore
from models.contract.arrays import Doubles, Indices, Mask
from models.contract.statistics import TOTAL

AGEING_S = 600.0
"""Seconds after which it is looked again which items may be new."""
SKEW_S = 60.0
"""How far the clock of another replica may be behind, which may still count for the day before."""
MOST_YOUNG = 20_000
"""The items that may be new, the last ones of the catalogue: as many as the store counts in a day."""
MOST_NEW = 2_000
"""The new items among which a request searches. The others wait until these were shown often enough."""


@dataclass(frozen=True, slots=True, eq=False)
class _Young:
    """The items of a catalogue that may be new, as they were at a moment."""

    columns: ItemColumns
    count: int
    at: float
    rows: Indices  # [m]
    digests: Digests  # [m]
    put: Mask  # [m] those put after the export, of which there is no event; the others are new if their trial began

    def fits(self, bundle: LoadedBundle, now: float) -> bool:
        """True if these are still those of the bundle."""
        is_same = self.columns is bundle.catalogue.store and self.count == len(bundle.catalogue)
        return is_same and abs(now - self.at) < AGEING_S


@dataclass(slots=True)
class NewItemTrials:
    """`note_shown` and `read` belong to the event loop; `apply` needs one caller at a time."""

    store: TrialStore
    impressions: int  # after which an item is new no longer
    clock: Callable[[], float] = time.time
    _pending: Counter[str] = field(default_factory=Counter)
    _written: Counter[str] = field(default_factory=Counter)  # since the last reading
    _by_day: dict[int, ItemCounts] = field(default_factory=dict)
    _version: int | None = None
    _read_at: float = 0.0
    _young: _Young | None = None

    def note_shown(self, bundle: LoadedBundle, item_ids: Sequence[str]) -> None:
        """Note the new items among those that an answer showed: here at once, for others with the next reading."""
        if len(bundle.new_items.rows):
            rows = bundle.rows(item_ids)
            is_new = bundle.new_items.mark(rows)
            bundle.new_items.show(rows[is_new])
            self._pending.update(item for item, new in zip(item_ids, is_new.tolist(), strict=True) if new)

    async def read(self) -> bool:
        """Count what was noted, and read the store; True if that changed. Raises StateUnavailableError."""
        now = self.clock()
        today = int(now // DAY_S)
        await self._write(today)
        version = await self.store.version()
        if version == self._version:
            return False
        is_later = self._version is not None and version > self._version
        first = int((self._read_at - SKEW_S) // DAY_S) if is_later else 0
        days = range(max(first, today - self.store.days), today + 1)
        found = await self.store.read_shown(days)
        kept = {
            day: counts for day, counts in self._by_day.items() if is_later and day >= today - self.store.days
        }
        self._by_day = kept | {
            day: counts for day, counts in zip(days, found, strict=True) if len(counts.items)
        }
        self._version, self._read_at = version, now
        self._written.clear()
        return True

    async def _write(self, day: int) -> None:
        """Count what was noted; it stays noted if the store does not answer."""
        pending, self._pending = self._pending, Counter()
        self._written.update(pending)
        if not pending:
            return
        try:
            await self.store.add_shown(pending, day)
        except StateUnavailableError:
            self._written.subtract(pending)
            self._pending.update(pending)
            raise

    def lags(self, bundle: LoadedBundle) -> bool:
        """True if other items of the bundle may be new than when it was told which are."""
        return self._young is None or not self._young.fits(bundle, self.clock())

    def apply(self, bundle: LoadedBundle) -> None:
        """Tell a bundle which items are new: the last MOST_NEW of them. None before the store was read."""
        if self._version is None:
            return
        young = self._young
        if young is None or self.lags(bundle):
            young = self._young = self._find_young(bundle)
        shown = self._sum_shown(young.digests)
        left = self.impressions - shown
        is_new = (left > 0) & (young.put | (shown > 0)) & bundle.catalogue.available[young.rows]
        kept = np.flatnonzero(is_new)[-MOST_NEW:]
        rows = young.rows[kept]
        bundle.new_items.left = dict(zip(rows.tolist(), left[kept].astype(np.int64).tolist(), strict=True))
        bundle.new_items.rows = rows

    def _find_young(self, bundle: LoadedBundle) -> _Young:
        """The items that may be new, the last MOST_YOUNG of them; those of the last time keep their digests."""
        now, store, ids, before = self.clock(), bundle.catalogue.store, bundle.catalogue.ids, self._young
        if before is not None and before.columns is store and abs(now - before.at) < AGEING_S:
            put_since = np.arange(before.count, len(bundle.catalogue))  # an item put costs only its row
            rows, now = np.concatenate([before.rows, put_since])[-MOST_YOUNG:], before.at
        else:
            rows = self._find_rows(bundle, now)
        digests, is_added = np.zeros(len(rows), dtype=np.uint64), np.ones(len(rows), dtype=np.bool_)
        if before is not None and before.columns is store:
            is_added = ~np.isin(rows, before.rows, assume_unique=True)
            digests[~is_added] = before.digests[np.isin(before.rows, rows, assume_unique=True)]
        digests[is_added] = self.store.digest([ids[row] for row in rows[is_added].tolist()])
        untaken = bundle.catalogue.trained_statistics[rows, TOTAL] == 0
        is_put = (rows >= len(bundle.known_users.item_ids)) & untaken
        return _Young(store, len(bundle.catalogue), now, rows, digests, is_put)

    def _find_rows(self, bundle: LoadedBundle, now: float) -> Indices:
        """The rows of items without events, and of those whose first one may have come after their trial began.

        The latter have fewer events than impressions are needed.
        """
        events, ages = np.rint(np.expm1(bundle.catalogue.trained_statistics[:, TOTAL])), bundle.ages
        is_young = events == 0
        if ages.is_known:
            is_late = ages.first > now - self.store.days * DAY_S  # infinite without an event
            is_young[: len(is_late)] |= is_late & (events[: len(is_late)] < self.impressions)
        return np.flatnonzero(is_young)[-MOST_YOUNG:]

    def _sum_shown(self, digests: Digests) -> Doubles:
        """[m] how often items were shown."""
        total, index = np.zeros(len(digests)), DigestIndex.sort(digests)
        for counts in [*self._by_day.values(), self._count_pending()]:
            places = index.find(counts.items)
            total[places[places >= 0]] += counts.counts[places >= 0]
        return total

    def _count_pending(self) -> ItemCounts:
        """The impressions that were noted since the last reading."""
        pending = Counter(dict(self._pending))
        pending.update(dict(self._written))
        return ItemCounts(
            self.store.digest(list(pending)), np.array(list(pending.values()), dtype=np.float64)
        )
