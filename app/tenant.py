"""One tenant: its store, the bundle with its item changes, and its users as both know them."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from app.bundle.bundle import LoadedBundle
from app.bundle.new_rows import NewRows
from app.bundle.remote_texts import RemoteTexts
from app.erasure.receipts import ErasureReceipts
from app.experiments.live import LiveExperiments
from app.installation_key import InstallationKey, derive_tenant_key
from app.item_changes import NO_TEXTS, apply_changes, list_changed
from app.item_texts import fetch_item_texts, list_unread
from app.live.counting import mark_counted
from app.live.new_items import NewItemTrials
from app.live.statistics import LiveStatistics
from app.state.protocol import (
    DEFAULT_TENANT,
    Appended,
    ItemPatch,
    RecordedEvent,
    StateUnavailableError,
    StoredItems,
    StoredUser,
    TenantStore,
    UserExport,
    UserMerge,
)
from app.state.pseudonyms import Pseudonyms
from app.user_history import join_history
from app.worker_thread import run_in_thread
from models.contract.arrays import Floats
from models.contract.catalogue import Item, UserState

LOG = logging.getLogger("chorus.items")

SESSION_ONLY = "state:session_only"
STALE_CATALOGUE = "state:catalogue_may_be_stale"
CURSORS = b"chorus tenant\0"
"""Keeps the key of a tenant's cursors from being that of another purpose."""


class BundleNotLoadedError(Exception):
    """No bundle is loaded yet."""


class Tenant:
    """The users and items of one tenant. No method reads or changes those of another one.

    The users of the training data belong to the default tenant: the same id means somebody else under another one.
    """

    def __init__(
        self,
        name: str,
        store: TenantStore,
        key: InstallationKey,
        names: Pseudonyms | None = None,
        live: LiveStatistics | None = None,
        trials: NewItemTrials | None = None,
    ) -> None:
        """`live`: the statistics of what is taken now, `trials`: which items are new; None: there are none."""
        self.name = name
        self.store = store
        self.live = live
        self.trials = trials
        self.receipts = ErasureReceipts(name, store, key, names)
        self.experiments = LiveExperiments(store.experiments)
        self._key = key
        self._bundle: LoadedBundle | None = None
        self._items_version = 0
        self._owns_rows = False
        self._catalogue_lock = asyncio.Lock()
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_default(self) -> bool:
        """True for the tenant of keys without a tenant."""
        return self.name == DEFAULT_TENANT

    @property
    def is_ready(self) -> bool:
        """True if requests can be answered."""
        return self._bundle is not None

    @property
    def bundle(self) -> LoadedBundle:
        """The bundle in use with the tenant's items; raises BundleNotLoadedError before the first one is loaded."""
        if self._bundle is None:
            raise BundleNotLoadedError
        return self._bundle

    @property
    def model_version(self) -> str | None:
        """The version of the bundle in use; None before the first one is loaded."""
        return None if self._bundle is None else self._bundle.manifest.model_version

    async def cursor_key(self) -> bytes:
        """The key that signs cursors, 32 bytes. A cursor of one tenant is none of another."""
        key = await self._key.get()
        return key if self.is_default else derive_tenant_key(key, CURSORS, self.name)

    async def take_over(self, bundle: LoadedBundle) -> None:
        """Bring a bundle to the items of the store and swap it in.

        The default tenant owns the bundle's rows. Others share theirs until they change an item.
        """
        texts = await self._read_texts(bundle)  # the bundle in use changes and answers meanwhile
        async with self._catalogue_lock:
            await self._take(bundle, texts)
        self._begin_reading()

    async def open(self, bundle: LoadedBundle) -> None:
        """As `take_over`, unless a bundle is in use: then that is the newer one."""
        async with self._catalogue_lock:
            if self._bundle is None:
                await self._take(bundle, NO_TEXTS)
        self._begin_reading()

    async def close(self) -> None:
        """Stop what goes on beside the requests."""
        await self.experiments.close()
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])

    async def share_bundle(self) -> LoadedBundle:
        """The bundle in use as it was loaded, without users: other tenants may share it, and change a fork of it.

        Raises BundleNotLoadedError.
        """
        async with self._catalogue_lock:  # no row changes meanwhile
            bundle = self.bundle
            return await run_in_thread(lambda: bundle.fork().without_users())

    async def read_user(self, user_id: str | None) -> tuple[UserState, tuple[str, ...]]:
        """The state of a user from the bundle and the store, and the reasons for a degraded answer.

        If the store is unavailable the state is empty, since the user may have been erased. If only its items cannot
        be read, the state is kept.
        """
        try:
            stored = await self._read_stored(user_id)
        except StateUnavailableError as error:
            fallback = STALE_CATALOGUE if user_id is None else SESSION_ONLY
            return UserState(user_id), (fallback, f"state:{error.fault}")
        degraded = await self._try_refresh(stored.catalogue_version)
        return await join_history(self.bundle.known_users, user_id, stored), degraded

    async def append(self, records: Sequence[RecordedEvent], now: float) -> list[Appended]:
        """Store events that came at `now`, and count those that count. Raises StateUnavailableError."""
        counted = records if self.live is None else mark_counted(self.bundle, records, now)
        return await self.store.append(counted)

    async def refresh_live(self) -> None:
        """Bring the bundle to the items and then to what is counted in the store. Raises StateUnavailableError."""
        if self._bundle is None:
            return
        await self.refresh_catalogue(await self.store.catalogue_version())
        if self.live is not None and (await self.live.read() or self.live.lags(self.bundle)):
            async with self._catalogue_lock:
                await self._apply_live()
        if self.trials is not None and (await self.trials.read() or self.trials.lags(self.bundle)):
            async with self._catalogue_lock:
                await self._apply_trials()

    async def export_user(self, user_id: str) -> UserExport:
        """All that is stored of a user, with the state from both bundle and store. Raises StateUnavailableError."""
        export = await self.store.export(user_id)
        await self._try_refresh(export.stored.catalogue_version)
        state = await join_history(self.bundle.known_users, user_id, export.stored)
        return replace(export, stored=replace(export.stored, state=state))

    async def merge_users(self, target: str, source: str, now: float) -> dict[str, int]:
        """Move everything known of `source` to `target`; the store's counts. Raises StateUnavailableError."""
        known = self.bundle.known_users
        trained = await run_in_thread(lambda: known.state(source)) if known.knows(source) else None
        return await self.store.merge(UserMerge(target, source, now, trained, known.profiles.get(target)))

    def may_know(self, user_id: str) -> bool:
        """True if the bundle knows the user, or is not loaded yet and may know the user."""
        return self.is_default if self._bundle is None else self._bundle.known_users.knows(user_id)

    async def refresh_catalogue(self, version: int) -> None:
        """Bring the catalogue to this version of the store's items; raises StateUnavailableError.

        A version below the current one means that the store lost its data and counts from 0 again. No request waits
        for an embeddings endpoint: items without their text vectors get them beside the requests.
        """
        if self._bundle is None:
            return
        if version != self._items_version:
            async with self._catalogue_lock:
                if version != self._items_version:
                    await self._swap(self.bundle, await self.store.items(self._items_version))
        self._begin_reading()

    async def prepare_items(self, items: Sequence[Item]) -> None:
        """Remember the text vectors of items that are about to be stored, so that they are in place at once.

        Without an answer of the encoder's endpoint nothing is remembered.
        """
        await fetch_item_texts(self.bundle, items)

    async def prepare_patch(self, patch: ItemPatch) -> None:
        """As `prepare_items`, for the item as it is with a patch."""
        await self.prepare_items(list_changed(self.bundle, StoredItems(0, patches={patch.item_id: patch})))

    def _begin_reading(self) -> None:
        """Begin to read the texts of items that wait for it, unless that goes on already."""
        if self._bundle is None or not self._bundle.may_reread_items:
            return
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_items())
            self._reading.add_done_callback(_log_failure)

    async def _read_items(self) -> None:
        """Fetch the text vectors of the items that wait for them, and swap in the bundle with those."""
        bundle = self.bundle
        texts = await fetch_item_texts(bundle, list_unread(bundle))
        async with self._catalogue_lock:
            if not texts or self.bundle.text_encoder is not bundle.text_encoder:
                return  # another bundle was loaded meanwhile
            items = {item.item_id: item for item in list_unread(self.bundle)}
            await self._swap(self.bundle, StoredItems(self._items_version, items), texts)

    async def _read_texts(self, bundle: LoadedBundle) -> Mapping[str, Floats]:
        """The text vectors of the store's items for a bundle that is not in use yet."""
        if not isinstance(bundle.text_encoder, RemoteTexts):
            return NO_TEXTS
        try:
            changes = await self.store.items(0)
        except StateUnavailableError:
            return NO_TEXTS
        return await fetch_item_texts(bundle, list_changed(bundle, changes))

    async def _read_stored(self, user_id: str | None) -> StoredUser:
        """The stored user, or for None the catalogue's version alone. Raises StateUnavailableError."""
        if user_id is None:
            return StoredUser(UserState(), catalogue_version=await self.store.catalogue_version())
        return await self.store.read(user_id)

    async def _try_refresh(self, version: int) -> tuple[str, ...]:
        """Bring the catalogue to a version; the reason for a degraded answer if the items cannot be read."""
        try:
            await self.refresh_catalogue(version)
        except StateUnavailableError as error:
            return (STALE_CATALOGUE, f"state:{error.fault}")
        return ()

    async def _take(self, bundle: LoadedBundle, texts: Mapping[str, Floats]) -> None:
        try:
            changes = await self.store.items(0)
        except StateUnavailableError:
            changes = StoredItems(version=0)  # read with the first request after the outage
        self._owns_rows = self.is_default
        # Tenants that share the rows have shown other items.
        await self._swap(replace(bundle, new_items=NewRows()), changes, texts)
        await self._apply_live()

    async def _apply_live(self) -> None:
        """Apply the counts that were read; rows that others share are copied before."""
        live = self.live
        if live is None or live.counts.version is None:
            return
        if not self._owns_rows and not live.counts.is_empty:
            self._bundle, self._owns_rows = await run_in_thread(self.bundle.fork), True
        if self._owns_rows:
            bundle = self.bundle
            await run_in_thread(lambda: live.apply(bundle))

    async def _swap(
        self, bundle: LoadedBundle, changes: StoredItems, texts: Mapping[str, Floats] = NO_TEXTS
    ) -> None:
        """Swap in a bundle with these changes; rows that others share are copied before the first change."""
        is_shared = not self._owns_rows and not changes.is_empty
        self._bundle = await run_in_thread(
            lambda: apply_changes(bundle.fork() if is_shared else bundle, changes, texts)
        )
        self._owns_rows = self._owns_rows or is_shared
        self._items_version = changes.version
        await self._apply_trials()

    async def _apply_trials(self) -> None:
        """Tell the bundle in use which items are new, by the impressions that were read."""
        if self.trials is not None:
            await run_in_thread(partial(self.trials.apply, self.bundle))


def _log_failure(reading: "asyncio.Task[None]") -> None:
    """Log a failure that nobody expects; the next request begins again."""
    error = None if reading.cancelled() else reading.exception()
    if error is not None:
        LOG.error("the texts of items were not read", exc_info=error)
