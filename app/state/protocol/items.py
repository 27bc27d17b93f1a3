"""What is stored of items: those put and deleted since the bundle was published."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from models.contract.catalogue import Item


@dataclass(frozen=True, slots=True)
class StoredItems:
    """The items changed since the bundle: put ones, and the ids of deleted ones."""

    version: int
    items: Mapping[str, Item] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()


class ItemStore(Protocol):
    """Every method raises StateUnavailableError within its timeout, and never blocks the event loop."""

    async def catalogue_version(self) -> int:
        """The number of item changes so far."""

    async def items(self, since: int = 0) -> StoredItems:
        """Items put or deleted after a catalogue version, 0 for all (capped by the store's item limit).

        If `since` is past the store's version, the store lost its data: the answer holds everything it has.
        """

    async def put_item(self, item: Item) -> int:
        """Stores an item; returns the new catalogue version. Raises StoreFullError past the item limit."""

    async def delete_item(self, item_id: str) -> int:
        """Stores a deletion; returns the new catalogue version. Raises StoreFullError past the item limit."""
