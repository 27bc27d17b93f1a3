"""The items in memory, packed as in Redis, so that both stores accept and return the same."""

from collections.abc import Sequence

from app.state.protocol import ItemChange, ItemPage, ItemPatch, StoredItems, StoreFullError
from app.state.protocol.item_patch import patch_content
from app.state.redis.documents import TOMBSTONE, pack_item, unpack_item
from models.contract.catalogue import Item


class MemoryItems:
    """Documents and tombstones by item id, in the order of their versions."""

    def __init__(self, item_cap: int) -> None:
        self.version = 0
        self._cap = item_cap
        self._documents: dict[str, tuple[int, bytes]] = {}  # (version of the change, document or tombstone)

    def items(self, since: int) -> StoredItems:
        """The items changed after version `since`; all if the store is younger."""
        after = since if since <= self.version else 0
        return StoredItems.of(self.version, self.list_items(after, len(self._documents)).changes)

    def item(self, item_id: str) -> ItemChange | None:
        """The stored change of an item; None for an item that was never changed."""
        if item_id not in self._documents:
            return None
        return unpack_item(item_id, self._documents[item_id][1])

    def list_items(self, since: int, count: int) -> ItemPage:
        """Up to `count` changes after a version, the oldest first."""
        later = [
            (version, item_id, document)
            for item_id, (version, document) in self._documents.items()
            if version > since
        ]
        page = later[:count]
        last = page[-1][0] if len(page) < len(later) else self.version
        return ItemPage(last, [unpack_item(item_id, document) for _, item_id, document in page])

    def put(self, item: Item, now: float | None) -> int:
        """Store an item. Raises StoreFullError."""
        return self._change(item.item_id, pack_item(item, now))

    def put_many(self, items: Sequence[Item], now: float | None) -> list[int | None]:
        """Store items; None for each without room."""
        documents = [(item.item_id, pack_item(item, now)) for item in items]
        return [
            self._change(item_id, document) if self._has_room(item_id) else None
            for item_id, document in documents
        ]

    def patch(self, patch: ItemPatch, now: float | None) -> int:
        """Change some fields of an item. Raises ItemDeletedError or StoreFullError."""
        change = self.item(patch.item_id)
        content = patch if change is None else patch_content(change.content, patch)
        return self._change(patch.item_id, pack_item(content, now))

    def delete(self, item_id: str) -> int:
        """Store a deletion. Raises StoreFullError."""
        return self._change(item_id, TOMBSTONE)

    def _has_room(self, item_id: str) -> bool:
        return item_id in self._documents or len(self._documents) < self._cap

    def _change(self, item_id: str, document: bytes) -> int:
        if not self._has_room(item_id):
            raise StoreFullError(f"expected at most {self._cap} items put or deleted, given one more")
        self.version += 1
        self._documents.pop(item_id, None)  # the newest change comes last
        self._documents[item_id] = (self.version, document)
        return self.version
