"""The service's one mutable thing: the bundle that answers now, and the store of state beside it.

A new bundle is verified, warmed up on its golden requests, and takes over by one assignment; a bad one changes
nothing.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from anyio import to_thread
from threadpoolctl import threadpool_limits

from app.bundle.bundle import LoadedBundle
from app.bundle.catalogue import Catalogue
from app.bundle_comparison import BundleComparison
from app.config import Settings
from app.errors import BadBundleError, TooManyRequestsError, UnavailableError, UnknownBundleError
from app.golden import open_and_check
from app.state.protocol import StateStore, StateUnavailableError, StoredItems, StoredUser
from models.contract.bundle import MANIFEST, PREVIOUS, REJECTED, BundleError, Manifest, read_manifest
from models.contract.catalogue import Item, UserState
from models.contract.events import Event
from models.contract.feature_spec import FeatureSpec, FieldKind

LOG = logging.getLogger("chorus.runtime")
SESSION_ONLY = "state:session_only"
STALE_CATALOGUE = "state:catalogue_may_be_stale"
LAST_GOOD = "last_good.json"
ATTRIBUTES: Mapping[FieldKind, type] = {
    FieldKind.CATEGORICAL: str,
    FieldKind.TEXT: str,
    FieldKind.NUMERIC: float,
    FieldKind.CATEGORIES: tuple,
}
"""What an attribute of a field is, in memory."""

Result = TypeVar("Result")


class Runtime:
    """What answers now. `ready` when a bundle has passed its golden requests."""

    def __init__(self, settings: Settings, store: StateStore) -> None:
        self.settings = settings
        self.store = store
        self.comparison = BundleComparison()
        self._bundle: LoadedBundle | None = None
        self._items_version = 0
        self._changing = asyncio.Lock()
        self._loading = False

    @property
    def ready(self) -> bool:
        """Whether requests can be answered."""
        return self._bundle is not None

    @property
    def bundle(self) -> LoadedBundle:
        """The bundle that answers now; raises UnavailableError before the first is loaded."""
        if self._bundle is None:
            raise UnavailableError("expected a loaded bundle, given none yet")
        return self._bundle

    async def start(self) -> None:
        """Load the configured bundle, else the last good one; raises BundleError where none can serve."""
        problems = []
        with self._one_at_a_time():
            for folder in await _in_thread(lambda: start_candidates(self.settings)):
                try:
                    await self._take_over(folder)
                except BundleError as error:
                    problems.append(str(error))
                    fields = {"bundle": folder.name, "reason": str(error)}
                    LOG.error("bundle refused", extra={"fields": fields})
                    continue
                return
        raise BundleError(
            "; ".join(problems) or f"expected a bundle at {self.settings.bundle_dir}, given none"
        )

    async def reload(self, name: str) -> Manifest:
        """Take over the bundle of this name beside the current one.

        Raises UnknownBundleError where there is none, BadBundleError where it cannot serve; the old one stays.
        Raises TooManyRequestsError while another is being loaded: two at once would need memory for three.
        """
        root = bundles_root(self.settings.bundle_dir)
        folder = root / name
        if Path(name).name != name or _half_written(name) or not (folder / MANIFEST).is_file():
            raise UnknownBundleError(
                "expected the name of a bundle in the bundles folder, given another", "bundle"
            )
        with self._one_at_a_time():
            try:
                return await self._take_over(folder)
            except BundleError as error:
                raise BadBundleError(str(error), "bundle") from error

    async def read_user(self, user_id: str | None) -> tuple[UserState, tuple[str, ...]]:
        """What is known of a user: the bundle's history, then what the store has; and what was degraded.

        Without the store nothing is known but the request's own session: an erasure could not be honoured.
        """
        try:
            if user_id is None:
                version = await self.store.catalogue_version()
                stored = StoredUser(UserState(), catalogue_version=version)
            else:
                stored = await self.store.read(user_id)
            await self.refresh_catalogue(stored.catalogue_version)
        except StateUnavailableError:
            return UserState(user_id), (SESSION_ONLY,) if user_id is not None else (STALE_CATALOGUE,)
        if user_id is None or stored.erased_at is not None or not self.bundle.known_users.knows(user_id):
            return stored.state, ()
        known_users = self.bundle.known_users  # a long history takes milliseconds: not on the event loop
        return await _in_thread(lambda: joined(known_users.state(user_id), stored.state)), ()

    def may_know(self, user_id: str) -> bool:
        """Whether the bundle knows the user; before there is one it may."""
        return self._bundle is None or self._bundle.known_users.knows(user_id)

    async def refresh_catalogue(self, version: int) -> None:
        """Bring the catalogue up to a version of the store's items; raises StateUnavailableError.

        A version below the known one: the store lost its memory, and counts anew.
        """
        if version == self._items_version or self._bundle is None:
            return
        async with self._changing:
            if version == self._items_version:
                return
            changes = await self.store.items(self._items_version)
            bundle = self.bundle
            self._bundle = await _in_thread(lambda: with_changes(bundle, changes))
            self._items_version = changes.version

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """One bundle is loaded at a time: the last that was accepted is the one that serves."""
        if self._loading:
            raise TooManyRequestsError("expected one load of a bundle at a time, given another meanwhile")
        self._loading = True
        try:
            yield
        finally:
            self._loading = False

    async def _take_over(self, folder: Path) -> Manifest:
        """Verify, open, warm up, then swap by one assignment. Raises BundleError."""
        bundle = await _in_thread(lambda: open_and_check(folder, self.settings.candidates))
        async with self._changing:
            try:
                changes = await self.store.items(0)
            except StateUnavailableError:
                changes = StoredItems(version=0)  # they come with the first request after the store is back
            self._bundle = await _in_thread(lambda: with_changes(bundle, changes))
            self._items_version = changes.version
        await _in_thread(lambda: self.comparison.take_over(folder, bundle.manifest))
        try:
            remember(self.settings.state_dir, folder)
        except OSError as error:  # a read-only disk: it serves, but the next start will not know of it
            LOG.warning("last good bundle not noted", extra={"fields": {"reason": type(error).__name__}})
        LOG.info("bundle loaded", extra={"fields": {"model_version": bundle.manifest.model_version}})
        return bundle.manifest


def joined(trained: UserState, stored: UserState) -> UserState:
    """What the bundle and the store know of a user; the stored profile stands for the trained one."""
    return replace(stored, profile=stored.profile or trained.profile, events=merged(trained, stored))


def merged(trained: UserState, stored: UserState) -> tuple[Event, ...]:
    """The bundle's events and the store's, oldest first, none twice."""

    def identity(event: Event) -> tuple[str, str, float, float | None]:
        value = None if event.value is None else float(np.float32(event.value))  # as the bundle keeps it
        return event.item_id, event.action, event.timestamp, value

    if not stored.events:
        return trained.events
    if not trained.events:
        return stored.events
    known = {identity(event) for event in trained.events}
    fresh = [event for event in stored.events if identity(event) not in known]
    return tuple(sorted((*trained.events, *fresh), key=lambda event: event.timestamp))


def with_changes(bundle: LoadedBundle, changes: StoredItems) -> LoadedBundle:
    """The bundle with items put and deleted since."""
    items = [fitted(bundle.spec, item) for item in changes.items.values()]
    catalogue: Catalogue = bundle.catalogue.with_items(items, bundle.item_rows(items))
    for item_id in changes.deleted:
        catalogue = catalogue.without(item_id)
    return replace(bundle, catalogue=catalogue)


def fitted(spec: FeatureSpec, item: Item) -> Item:
    """An item with only what fits this bundle's fields: it may have been put under another one."""
    kinds = {field.name: ATTRIBUTES[field.kind] for field in spec.item_fields if field.kind in ATTRIBUTES}
    sizes = {field.name: field.size for field in spec.fields(FieldKind.VECTOR)}
    return Item(
        item.item_id,
        {name: value for name, value in item.attributes.items() if isinstance(value, kinds.get(name, ()))},
        {name: vector for name, vector in item.vectors.items() if sizes.get(name) == len(vector)},
        item.available,
    )


def bundles_root(configured: Path) -> Path:
    """The folder in which bundles lie side by side: the configured one, or the one around it."""
    return configured.parent if (configured / MANIFEST).is_file() or not configured.is_dir() else configured


def start_candidates(settings: Settings) -> list[Path]:
    """Where to look for a bundle that can serve: as configured, what it replaced, the last good one."""
    configured = settings.bundle_dir
    found = [configured]
    if configured.is_dir() and not (configured / MANIFEST).is_file():
        inside = (path.parent for path in configured.glob(f"*/{MANIFEST}"))
        whole = [folder for folder in inside if not _never_started(folder.name)]
        found = sorted(whole, key=_created, reverse=True)
    found.append(configured.with_name(configured.name + PREVIOUS))
    last = last_good(settings.state_dir)
    if last is not None:
        found.append(last)
    exist = [folder for folder in dict.fromkeys(found) if folder.is_dir()]
    return exist or [configured]


def _half_written(name: str) -> bool:
    """Publishing writes into a hidden folder, and renames it when it is whole."""
    return name.startswith(".")


def _never_started(name: str) -> bool:
    """True for a folder that only a reload by name may take: half written, or refused by the promotion gate."""
    return _half_written(name) or name.endswith(REJECTED)


def _created(folder: Path) -> str:
    try:
        return read_manifest(folder).created_at
    except BundleError:
        return ""


def remember(state_dir: Path, folder: Path) -> None:
    """Note the bundle that serves, for the next start."""
    state_dir.mkdir(parents=True, exist_ok=True)
    temporary = state_dir / f"{LAST_GOOD}.tmp"
    temporary.write_text(json.dumps({"path": str(folder.resolve())}))
    temporary.replace(state_dir / LAST_GOOD)


def last_good(state_dir: Path) -> Path | None:
    """The bundle that served last; None where nothing is noted."""
    try:
        noted = json.loads((state_dir / LAST_GOOD).read_text())
        return Path(noted["path"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def limit_threads(count: int) -> None:
    """Set the threads of torch and BLAS; a second one gains nothing at these sizes (docs/measurements.md)."""
    torch.set_num_threads(count)
    threadpool_limits(count, user_api="blas")


async def _in_thread(work: Callable[[], Result]) -> Result:
    return await to_thread.run_sync(work)
