"""Protocol of stored items: those put and deleted since the bundle was published."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from models.contract.catalogue import Item


@dataclass(frozen=True, slots=True)
class StoredItems:
    """The changed items: those put, and the ids of those deleted."""

    version: int
    items: Mapping[str, Item] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()


class ItemStore(Protocol):
    """Items put and deleted through the API.

    Every method raises StateUnavailableError within its timeout, and never blocks the event loop.
    """

    async def catalogue_version(self) -> int:
        """The number of item changes so far."""

    async def items(self, since: int = 0) -> StoredItems:
        """Items put or deleted after a catalogue version, 0 for all (capped by the store's item limit).

        If `since` is above the store's version, the store has lost data, and all its changes are returned.
        """

    async def put_item(self, item: Item) -> int:
        """Store an item; returns the new catalogue version. Raises StoreFullError above the item limit."""

    async def delete_item(self, item_id: str) -> int:
        """Store a deletion; returns the new catalogue version. Raises StoreFullError above the item limit."""
