"""The items in Redis: a hash of documents, their versions in a sorted set, and a counter."""

from collections.abc import Sequence
from functools import partial

from app.state.protocol import (
    ItemChange,
    ItemPage,
    ItemPatch,
    StateUnavailableError,
    StoredItems,
    StoreFullError,
)
from app.state.protocol.item_patch import patch_content
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.documents import TOMBSTONE, pack_item, unpack_item
from app.state.redis.keys import Keys
from app.state.redis.scripts import CHANGE_ITEM, CHANGED_ITEMS
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values
from models.contract.catalogue import Item

ITEM_CHUNK = 200
"""Items read in one round trip, so that no script blocks Redis for long."""
PATCH_TRIES = 100
"""Patches of one item at the same moment, of which one succeeds in each round, before a caller is sent away."""
NO_ROOM, CONFLICT = -1, -2
"""Answers of CHANGE_ITEM."""


class RedisItems:
    """The ItemStore over one Redis node. Every change is one atomic script."""

    def __init__(self, client: RedisClient, settings: RedisSettings, keys: Keys, values: Values) -> None:
        self._client = client
        self._settings = settings
        self._items = keys.items
        self._version = keys.items_version
        self._keys = (keys.items, keys.item_changes, keys.items_version)
        self._values = values

    async def catalogue_version(self) -> int:
        """One GET."""
        found = await self._client.run_command("GET", self._version, deadline_s=self._settings.timeout_s)
        return int(found or 0)

    async def items(self, since: int = 0) -> StoredItems:
        """The items changed after version `since`, one chunk per round trip; all if the store is younger."""
        changes: list[ItemChange] = []
        done = since
        while True:
            version, page = await self._read_page(done, ITEM_CHUNK)
            if version < done:  # Redis lost its data: read everything
                changes, done = [], 0
                continue
            changes += page.changes
            done = page.version
            if done == version:
                return StoredItems.of(version, changes)

    async def item(self, item_id: str) -> ItemChange | None:
        """One HGET; a damaged document counts as none."""
        return self._unpack(item_id, await self._read_document(item_id))

    async def list_items(self, since: int = 0, count: int = ITEM_CHUNK) -> ItemPage:
        """One script."""
        return (await self._read_page(since, count))[1]

    async def put_items(self, items: Sequence[Item], now: float | None = None) -> list[int | None]:
        """One pipeline with a script for each item."""
        answers = await self._change([(item.item_id, pack_item(item, now)) for item in items])
        return [None if answer == NO_ROOM else answer for answer in answers]

    async def patch_item(self, patch: ItemPatch, now: float | None = None) -> int:
        """Read, merge, and write if nobody has written meanwhile; else again."""
        for _ in range(PATCH_TRIES):
            stored = await self._read_document(patch.item_id)
            change = self._unpack(patch.item_id, stored)
            content = patch if change is None else patch_content(change.content, patch)
            (version,) = await self._change([(patch.item_id, pack_item(content, now), stored or b"")])
            if version != CONFLICT:
                return self._check_room(version)
        raise StateUnavailableError(
            f"expected fewer than {PATCH_TRIES} patches of an item at once, given more"
        )

    async def put_item(self, item: Item, now: float | None = None) -> int:
        """One atomic script."""
        return self._check_room((await self._change([(item.item_id, pack_item(item, now))]))[0])

    async def delete_item(self, item_id: str) -> int:
        """One atomic script; the tombstone counts towards the item limit."""
        return self._check_room((await self._change([(item_id, TOMBSTONE)]))[0])

    async def _change(self, changes: Sequence[tuple[str, bytes] | tuple[str, bytes, bytes]]) -> list[int]:
        """The script's answers for changes: item id, document, and the document that must be stored, if any."""
        cap = self._settings.limits.item_cap
        calls = []
        for item_id, document, *expected in changes:
            arguments: list[Argument] = [item_id, document, cap, *expected]
            calls.append(Call(self._keys, arguments))
        answers = await self._client.run_scripts(CHANGE_ITEM, calls, self._settings.write_timeout_s)
        return [int(answer) for answer in answers]

    def _check_room(self, version: int) -> int:
        if version == NO_ROOM:
            cap = self._settings.limits.item_cap
            raise StoreFullError(f"expected at most {cap} items put or deleted, given one more")
        return version

    async def _read_document(self, item_id: str) -> bytes | None:
        document: bytes | None = await self._client.run_command(
            "HGET", self._items, item_id, deadline_s=self._settings.timeout_s
        )
        return document

    def _unpack(self, item_id: str, document: bytes | None) -> ItemChange | None:
        return self._values.unpack(partial(unpack_item, item_id), document, None)

    async def _read_page(self, since: int, count: int) -> tuple[int, ItemPage]:
        """The version of the store, and a page of changes without damaged ones."""
        call = Call(self._keys, [since, count])
        version, page_version, *chunk = await self._client.run_script(
            CHANGED_ITEMS, call, self._settings.write_timeout_s
        )
        unpacked = [
            self._unpack(item_id.decode(), document)
            for item_id, document in zip(chunk[::2], chunk[1::2], strict=True)
        ]
        return version, ItemPage(page_version, [change for change in unpacked if change is not None])
