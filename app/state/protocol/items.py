"""Protocol of stored items: those put, patched and deleted since the bundle was published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.state.protocol.item_patch import ItemPatch
from models.contract.catalogue import Item


class ChangeKind(StrEnum):
    """How an item was changed last."""

    PUT = "put"
    PATCH = "patch"  # of an item of the bundle that was never put
    DELETION = "deletion"


@dataclass(frozen=True, slots=True)
class ItemChange:
    """The stored change of one item."""

    item_id: str
    content: Item | ItemPatch | None  # None: deleted
    changed_at: float | None = None  # Unix seconds; None: not recorded

    @property
    def kind(self) -> ChangeKind:
        """How the item was changed."""
        if self.content is None:
            return ChangeKind.DELETION
        return ChangeKind.PUT if isinstance(self.content, Item) else ChangeKind.PATCH


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Item changes in the order of their versions, and the version up to which they go."""

    version: int
    changes: Sequence[ItemChange]


@dataclass(frozen=True, slots=True)
class StoredItems:
    """The changed items: those put, the ids of those deleted, and the patches of the bundle's items."""

    version: int
    items: Mapping[str, Item] = field(default_factory=dict)
    deleted: frozenset[str] = frozenset()
    patches: Mapping[str, ItemPatch] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """True if no item changed."""
        return not (self.items or self.deleted or self.patches)

    @staticmethod
    def of(version: int, changes: Iterable[ItemChange]) -> "StoredItems":
        """The changes by their kind; of an item that comes twice the last change counts."""
        contents = {change.item_id: change.content for change in changes}
        return StoredItems(
            version,
            {key: content for key, content in contents.items() if isinstance(content, Item)},
            frozenset(key for key, content in contents.items() if content is None),
            {key: content for key, content in contents.items() if isinstance(content, ItemPatch)},
        )


class ItemStore(Protocol):
    """Items put, patched and deleted through the API.

    Every method raises StateUnavailableError within its timeout, and never blocks the event loop. `now` is the moment
    of the change in Unix seconds.
    """

    async def catalogue_version(self) -> int:
        """The number of item changes so far."""

    async def items(self, since: int = 0) -> StoredItems:
        """Items changed after a catalogue version, 0 for all (capped by the store's item limit).

        If `since` is above the store's version, the store has lost data, and all its changes are returned.
        """

    async def item(self, item_id: str) -> ItemChange | None:
        """The stored change of an item; None for an item that was never changed."""

    async def list_items(self, since: int = 0, count: int = 100) -> ItemPage:
        """Up to `count` changes after a catalogue version, the oldest first."""

    async def put_item(self, item: Item, now: float | None = None) -> int:
        """Store an item; returns the new catalogue version. Raises StoreFullError above the item limit."""

    async def put_items(self, items: Sequence[Item], now: float | None = None) -> list[int | None]:
        """Store items in one round trip; the catalogue version after each, None where the item limit is reached.

        If an item comes twice, the last one stays.
        """

    async def patch_item(self, patch: ItemPatch, now: float | None = None) -> int:
        """Change some fields of an item in one atomic step; returns the new catalogue version.

        An item that was put is changed itself; for an item that was never put the patch is stored, joined with an
        earlier one. Raises ItemDeletedError for a deleted item, StoreFullError above the item limit.
        """

    async def delete_item(self, item_id: str) -> int:
        """Store a deletion; returns the new catalogue version. Raises StoreFullError above the item limit."""
