"""The outcomes in the memory of this process, counted as in Redis."""

import time
from collections.abc import Callable, Mapping, Sequence

from app.state.limits import StoreLimits
from app.state.protocol.outcomes import (
    HOUR_S,
    REST,
    REST_CELL,
    Cell,
    Counts,
    Label,
    LabelCell,
    LabelCounts,
    Outcomes,
    Take,
    TakeFate,
)
from app.state.redis.outcome_codec import add_outcomes

REST_LABELS = LabelCell(REST, REST, 0)


class _Hour:
    """The counts of one hour, and the places of what was counted of its answers with their values."""

    def __init__(self) -> None:
        self.cells: dict[Cell, Counts] = {}
        self.labels: dict[LabelCell, LabelCounts] = {}
        self.taken: dict[tuple[str, ...], float] = {}


class MemoryOutcomes:
    """The OutcomeStore in the memory of this process."""

    def __init__(self, limits: StoreLimits, clock: Callable[[], float] = time.time) -> None:
        self._limits = limits
        self._clock = clock
        self._hours: dict[int, _Hour] = {}

    async def add_shown(self, shown: Mapping[tuple[int, Cell], int]) -> None:
        """Add numbers of shown items."""
        for (hour, cell), number in shown.items():
            counts = self._open(hour)
            self._add(counts, cell, Counts(number))

    async def add_takes(self, takes: Sequence[Take]) -> list[TakeFate]:
        """Count takes."""
        return [self._take(self._open(take.hour), take) for take in takes]

    async def add_labels(self, labels: Sequence[Label]) -> None:
        """Count labels."""
        for label in labels:
            hour = self._open(label.hour)
            item = (label.recommendation_id, str(label.rank), label.cell.head)
            if item in hour.taken or len(hour.taken) >= self._limits.outcome_takes:
                continue
            hour.taken[item] = 0.0
            has_room = label.cell in hour.labels or self._has_room(hour)
            cell = label.cell if has_room else REST_LABELS
            told = LabelCounts(1, label.predicted, int(label.observed))
            hour.labels[cell] = hour.labels.get(cell, LabelCounts()) + told

    async def read(self, first: int, last: int) -> Outcomes:
        """The sums of some hours."""
        self._drop_old()
        total = Outcomes()
        for number, hour in self._hours.items():
            if first <= number <= last:
                total = add_outcomes(total, Outcomes(hour.cells, hour.labels))
        return total

    def _take(self, hour: _Hour, take: Take) -> TakeFate:
        item = (take.recommendation_id, str(take.rank))
        before = hour.taken.get(item)
        if before is None and len(hour.taken) >= self._limits.outcome_takes:
            return TakeFate.NO_ROOM
        if before is not None and take.value <= before:
            return TakeFate.REPEATED
        old, is_new = before or 0.0, before is None
        hour.taken[item] = take.value
        self._add(hour, take.cell, Counts(0, int(is_new), take.value - old, take.value**2 - old**2))
        return TakeFate.COUNTED if is_new else TakeFate.RAISED

    def _add(self, hour: _Hour, cell: Cell, counts: Counts) -> None:
        is_known = hour.cells.get(cell, Counts()).shown > 0
        place = cell if is_known or self._has_room(hour) else REST_CELL
        hour.cells[place] = hour.cells.get(place, Counts()) + counts

    def _has_room(self, hour: _Hour) -> bool:
        fields = sum((counts.shown > 0) + 3 * (counts.takes > 0) for counts in hour.cells.values())
        return fields + 3 * len(hour.labels) < self._limits.outcome_fields

    def _open(self, hour: int) -> _Hour:
        self._drop_old()
        return self._hours.setdefault(hour, _Hour())

    def _drop_old(self) -> None:
        oldest = (self._clock() - self._limits.outcome_age_s) / HOUR_S - 1
        for hour in [hour for hour in self._hours if hour < oldest]:
            del self._hours[hour]
