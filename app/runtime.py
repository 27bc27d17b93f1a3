"""The bundle in use and the store: the only mutable state of the service.

A new bundle is verified, warmed up with its golden requests, and swapped in by one assignment. A bad bundle changes
nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from anyio import to_thread

from app.bundle.bundle import LoadedBundle
from app.bundle_choice import (
    UnknownBundleNameError,
    find_bundle,
    list_start_candidates,
    read_created_at,
    write_last_good,
)
from app.bundle_comparison import BundleComparison
from app.config import Settings
from app.errors import BadBundleError, UnknownBundleError
from app.golden import open_and_check
from app.installation_key import InstallationKey
from app.item_changes import apply_changes
from app.replica_set import ReplicaSet
from app.state.protocol import (
    BundleOrder,
    StateStore,
    StateUnavailableError,
    StoredItems,
    StoredUser,
    UserExport,
    UserMerge,
)
from app.user_history import join_states
from models.contract.bundle import BundleError, Manifest
from models.contract.catalogue import UserState

LOG = logging.getLogger("chorus.runtime")
SESSION_ONLY = "state:session_only"
STALE_CATALOGUE = "state:catalogue_may_be_stale"

Result = TypeVar("Result")


class BundleNotLoadedError(Exception):
    """No bundle is loaded yet."""


class LoadInProgressError(Exception):
    """Another bundle is being loaded; two loads at once would need the memory of three bundles."""


class Runtime:
    """The bundle in use and the store; `ready` after a bundle has passed its golden requests."""

    def __init__(self, settings: Settings, store: StateStore) -> None:
        self.settings = settings
        self.store = store
        self.replica_set = ReplicaSet(store.replicas)
        self.comparison = BundleComparison()
        self.cursor_key = InstallationKey(store)
        self._bundle: LoadedBundle | None = None
        self._items_version = 0
        self._catalogue_lock = asyncio.Lock()
        self._is_loading = False

    @property
    def ready(self) -> bool:
        """True if requests can be answered."""
        return self._bundle is not None

    @property
    def bundle(self) -> LoadedBundle:
        """The bundle in use; raises BundleNotLoadedError before the first one is loaded."""
        if self._bundle is None:
            raise BundleNotLoadedError
        return self._bundle

    async def start(self) -> None:
        """Load the bundle that the other replicas were ordered to serve, or else the first usable candidate.

        Raises BundleError with all problems if there is none.
        """
        problems = []
        await self.cursor_key.get()  # so that no request waits for it
        with self._claim_loading():
            candidates = await _run_in_thread(lambda: list_start_candidates(self.settings))
            order = await self.replica_set.read_order(
                read_created_at(candidates[0], self.settings.signing_key)
            )
            if order is not None and await self._try_order(order):
                return
            for folder in candidates:
                try:
                    await self._take_over(folder, await self._open(folder))
                except BundleError as error:
                    problems.append(str(error))
                    fields = {"bundle": folder.name, "reason": str(error)}
                    LOG.error("bundle refused", extra={"fields": fields})
                    continue
                return
        raise BundleError("; ".join(problems))

    async def reload(self, name: str) -> Manifest:
        """Swap in the bundle of this name beside the current one, and order all replicas to do the same.

        Raises UnknownBundleNameError, BundleError for an unusable bundle, or LoadInProgressError; the current
        bundle then stays in use everywhere.
        """
        folder = find_bundle(self.settings.bundle_dir, name)
        with self._claim_loading():
            bundle = await self._open(folder)
            await self.replica_set.give_order(name, bundle.manifest.model_version)
            await self._take_over(folder, bundle)
            return bundle.manifest

    async def follow(self, order: BundleOrder) -> None:
        """Swap in the bundle of an order from another replica. An unusable one changes nothing and is recorded.

        Raises LoadInProgressError.
        """
        with self._claim_loading():
            await self._try_order(order)

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
        return await self._join_history(user_id, stored), degraded

    async def export_user(self, user_id: str) -> UserExport:
        """All that is stored of a user, with the state from both bundle and store. Raises StateUnavailableError."""
        export = await self.store.export(user_id)
        await self._try_refresh(export.stored.catalogue_version)
        state = await self._join_history(user_id, export.stored)
        return replace(export, stored=replace(export.stored, state=state))

    async def _read_stored(self, user_id: str | None) -> StoredUser:
        """The stored user, or for None the catalogue's version alone. Raises StateUnavailableError."""
        if user_id is None:
            return StoredUser(UserState(), catalogue_version=await self.store.catalogue_version())
        return await self.store.read(user_id)

    async def _join_history(self, user_id: str | None, stored: StoredUser) -> UserState:
        """The stored state after the bundle's history of the user, unless the user was erased."""
        known_users = self.bundle.known_users
        if user_id is None or not stored.keeps_bundle_history or not known_users.knows(user_id):
            return stored.state
        # Building a long history takes milliseconds, too long for the event loop.
        return await _run_in_thread(lambda: join_states(known_users.state(user_id), stored.state))

    async def merge_users(self, target: str, source: str, now: float) -> dict[str, int]:
        """Move everything known of `source` to `target`; the store's counts. Raises StateUnavailableError."""
        known = self.bundle.known_users
        trained = await _run_in_thread(lambda: known.state(source)) if known.knows(source) else None
        return await self.store.merge(UserMerge(target, source, now, trained, known.profiles.get(target)))

    def may_know(self, user_id: str) -> bool:
        """True if the bundle knows the user, or is not loaded yet."""
        return self._bundle is None or self._bundle.known_users.knows(user_id)

    async def refresh_catalogue(self, version: int) -> None:
        """Bring the catalogue to this version of the store's items; raises StateUnavailableError.

        A version below the current one means that the store lost its data and counts from 0 again.
        """
        if version == self._items_version or self._bundle is None:
            return
        async with self._catalogue_lock:
            if version == self._items_version:
                return
            changes = await self.store.items(self._items_version)
            await self._swap(self.bundle, changes)

    async def _try_refresh(self, version: int) -> tuple[str, ...]:
        """Bring the catalogue to a version; the reason for a degraded answer if the items cannot be read."""
        try:
            await self.refresh_catalogue(version)
        except StateUnavailableError as error:
            return (STALE_CATALOGUE, f"state:{error.fault}")
        return ()

    @contextmanager
    def _claim_loading(self) -> Iterator[None]:
        """Load one bundle at a time, so that the last accepted one is in use. Raises LoadInProgressError."""
        if self._is_loading:
            raise LoadInProgressError
        self._is_loading = True
        try:
            yield
        finally:
            self._is_loading = False

    async def _try_order(self, order: BundleOrder) -> bool:
        """Whether the ordered bundle is now in use."""
        try:
            folder = find_bundle(self.settings.bundle_dir, order.bundle)
            bundle = await self._open(folder)
            found, ordered = bundle.manifest.model_version, order.model_version
            if found != ordered:
                raise BundleError(f"expected version {ordered} in {folder}, given {found}")
        except UnknownBundleNameError:
            reason = f"expected a bundle {order.bundle} in {self.settings.bundle_dir}, given none"
            self.replica_set.refuse(order, UnknownBundleError.code, reason)
            return False
        except (BundleError, OSError) as error:
            self.replica_set.refuse(order, BadBundleError.code, str(error))
            return False
        await self._take_over(folder, bundle)
        self.replica_set.settle(order)
        return True

    async def _open(self, folder: Path) -> LoadedBundle:
        """Verify and open a bundle, and replay its golden requests. Raises BundleError."""
        settings = self.settings
        return await _run_in_thread(lambda: open_and_check(folder, settings.candidates, settings.signing_key))

    async def _take_over(self, folder: Path, bundle: LoadedBundle) -> None:
        """Bring a bundle to the items of the store, swap it in, compare and record it."""
        async with self._catalogue_lock:
            try:
                changes = await self.store.items(0)
            except StateUnavailableError:
                changes = StoredItems(version=0)  # read with the first request after the outage
            await self._swap(bundle, changes)
        self.replica_set.serve(bundle.manifest.model_version)
        await _run_in_thread(lambda: self.comparison.take_over(folder, bundle.manifest))
        try:
            write_last_good(self.settings, folder)
        except (
            OSError
        ) as error:  # a read-only disk: the bundle is in use, but the next start does not know it
            LOG.warning("last good bundle not noted", extra={"fields": {"reason": type(error).__name__}})
        fields = {
            "model_version": bundle.manifest.model_version,
            "replica": self.replica_set.replica_id,
        }
        LOG.info("bundle loaded", extra={"fields": fields})

    async def _swap(self, bundle: LoadedBundle, changes: StoredItems) -> None:
        self._bundle = await _run_in_thread(lambda: apply_changes(bundle, changes))
        self._items_version = changes.version


async def _run_in_thread(work: Callable[[], Result]) -> Result:
    return await to_thread.run_sync(work)
