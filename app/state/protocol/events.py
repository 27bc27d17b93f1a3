"""Protocol of the event stream: accepted events in the order of acceptance."""

from dataclasses import dataclass
from typing import Protocol

from models.contract.events import Event


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event with its user, its retry key, and the recommendation that it follows."""

    user_id: str
    event: Event
    event_id: str | None = None
    recommendation_id: str | None = None
    rank: int | None = None


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
