"""Protocol of the event stream: accepted events in the order of acceptance."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Protocol

from models.contract.events import Event


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with its user, its retry key, and the recommendation that it follows.

    `timed` is False for an event whose sender gave no time: its time is then that of its arrival, another one with
    each retry. `counted_at` is the moment at which the event counts for the live statistics if it is stored.
    """

    user_id: str
    event: Event
    event_id: str | None = None
    recommendation_id: str | None = None
    rank: int | None = None
    timed: bool = field(default=True, compare=False)
    counted_at: float | None = field(default=None, compare=False)  # Unix seconds; None: it does not count


class Appended(IntEnum):
    """The fate of an event that was sent to the store. The values are those of the scripts of Redis."""

    DUPLICATE = 0  # its event id is known, and so is its content
    STORED = 1
    CONFLICT = 2  # its event id is known with another content; the stored event stays as it is
    ERASED = 3  # it is older than the erasure of its user, and not stored


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """One accepted event and its position in the stream."""

    entry_id: str
    recorded: RecordedEvent


class EventStream(Protocol):
    """The newest accepted events of all users, up to a cap: the source of training data and live metrics.

    Raises StateUnavailableError within a timeout, and never blocks the event loop.
    """

    async def read_stream(self, after: str = "0-0", count: int = 1_000) -> list[StreamEntry]:
        """Up to `count` accepted events that came after a stream entry, oldest first."""

    async def read_erasures(self, names: Sequence[str]) -> list[float | None]:
        """When users were erased, in Unix seconds, None for each who was not. `names` are those of stream entries."""
