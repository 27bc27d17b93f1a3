"""Protocol of the trials of new items: how often each was shown, counted by day and forgotten after some."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from app.state.protocol.live import Digests, ItemCounts


class TrialStore(Protocol):
    """Counts of answers that showed a new item, shared by all replicas; bounded in number and time.

    There is nothing of a user in them. Every method but `digest` raises StateUnavailableError within its timeout, and
    never blocks the event loop.
    """

    @property
    def days(self) -> int:
        """The days that are remembered."""

    def digest(self, item_ids: Sequence[str]) -> Digests:
        """The digests [n] of item ids."""

    async def add_shown(self, shown: Mapping[str, int], day: int) -> None:
        """Add numbers of impressions by item to those of a day, in Unix days. Above the cap new items are dropped."""

    async def version(self) -> int:
        """The number of additions so far; a smaller one than before if the store lost its data."""

    async def read_shown(self, days: Sequence[int]) -> list[ItemCounts]:
        """The impressions of the items of each of these days."""
