"""The bundle in use and the store: the only mutable state of the service.

A new bundle is verified, warmed up with its golden requests, and swapped in by one assignment. A bad bundle changes
nothing.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from anyio import to_thread

from app.bundle.bundle import LoadedBundle
from app.bundle_choice import find_bundle, list_start_candidates, write_last_good
from app.bundle_comparison import BundleComparison
from app.config import Settings
from app.golden import open_and_check
from app.item_changes import apply_changes
from app.state.protocol import StateStore, StateUnavailableError, StoredItems, StoredUser, UserMerge
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
        self.comparison = BundleComparison()
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
        """Load the first usable candidate; raises BundleError with all problems if there is none."""
        problems = []
        with self._claim_loading():
            for folder in await _run_in_thread(lambda: list_start_candidates(self.settings)):
                try:
                    await self._load(folder)
                except BundleError as error:
                    problems.append(str(error))
                    fields = {"bundle": folder.name, "reason": str(error)}
                    LOG.error("bundle refused", extra={"fields": fields})
                    continue
                return
        raise BundleError("; ".join(problems))

    async def reload(self, name: str) -> Manifest:
        """Swap in the bundle of this name beside the current one.

        Raises UnknownBundleNameError, BundleError for an unusable bundle, or LoadInProgressError; the current
        bundle then stays in use.
        """
        folder = find_bundle(self.settings.bundle_dir, name)
        with self._claim_loading():
            return await self._load(folder)

    async def read_user(self, user_id: str | None) -> tuple[UserState, tuple[str, ...]]:
        """The state of a user from the bundle and the store, and the reasons for a degraded answer.

        If the store is unavailable the state is empty, since the user may have been erased. If only its items cannot
        be read, the state is kept.
        """
        try:
            if user_id is None:
                version = await self.store.catalogue_version()
                stored = StoredUser(UserState(), catalogue_version=version)
            else:
                stored = await self.store.read(user_id)
        except StateUnavailableError:
            return UserState(user_id), (SESSION_ONLY,) if user_id is not None else (STALE_CATALOGUE,)
        degraded = await self._try_refresh(stored.catalogue_version)
        known_users = self.bundle.known_users
        if user_id is None or stored.erased_at is not None or not known_users.knows(user_id):
            return stored.state, degraded
        # Building a long history takes milliseconds, too long for the event loop.
        return await _run_in_thread(lambda: join_states(known_users.state(user_id), stored.state)), degraded

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
        except StateUnavailableError:
            return (STALE_CATALOGUE,)
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

    async def _load(self, folder: Path) -> Manifest:
        """Verify, open, warm up, swap and record a bundle. Raises BundleError."""
        bundle = await _run_in_thread(lambda: open_and_check(folder, self.settings.candidates))
        async with self._catalogue_lock:
            try:
                changes = await self.store.items(0)
            except StateUnavailableError:
                changes = StoredItems(version=0)  # read with the first request after the outage
            await self._swap(bundle, changes)
        await _run_in_thread(lambda: self.comparison.take_over(folder, bundle.manifest))
        try:
            write_last_good(self.settings.state_dir, folder)
        except (
            OSError
        ) as error:  # a read-only disk: the bundle is in use, but the next start does not know it
            LOG.warning("last good bundle not noted", extra={"fields": {"reason": type(error).__name__}})
        LOG.info("bundle loaded", extra={"fields": {"model_version": bundle.manifest.model_version}})
        return bundle.manifest

    async def _swap(self, bundle: LoadedBundle, changes: StoredItems) -> None:
        self._bundle = await _run_in_thread(lambda: apply_changes(bundle, changes))
        self._items_version = changes.version


async def _run_in_thread(work: Callable[[], Result]) -> Result:
    return await to_thread.run_sync(work)
