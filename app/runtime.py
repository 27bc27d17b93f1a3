"""The bundle in use and the tenants: the only mutable state of the service.

A new bundle is verified, warmed up with its golden requests, and swapped in by one assignment for each tenant. A bad
bundle changes nothing.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

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
from app.experiments.assignment import list_bundles
from app.extra_bundles import ExtraBundles
from app.golden import open_and_check
from app.installation_key import InstallationKey
from app.live.new_items import NewItemTrials
from app.live.statistics import LiveStatistics
from app.replica_set import ReplicaSet
from app.scenes import EVERY
from app.state.protocol import DEFAULT_TENANT, BundleOrder, NamedBundle, StateStore, TenantStore, Variant
from app.tenant import Tenant
from app.worker_thread import run_in_thread
from models.contract.bundle import BundleError, Manifest

LOG = logging.getLogger("chorus.runtime")


class LoadInProgressError(Exception):
    """Another bundle is being loaded; two loads at once would need the memory of three bundles."""


class Runtime:
    """The bundle in use and the tenants; `ready` after a bundle has passed its golden requests."""

    def __init__(self, settings: Settings, store: StateStore) -> None:
        self.settings = settings
        self.health = store.health
        self.replica_set = ReplicaSet(store.replicas)
        self.comparison = BundleComparison()
        self._store = store
        self._key = InstallationKey(store)
        self.default_tenant = self._make_tenant(DEFAULT_TENANT, store)
        self._tenants = {DEFAULT_TENANT: self.default_tenant}
        self.extra = ExtraBundles(
            settings.extra_bundles, self._open_extra, lambda: self._make_tenant(DEFAULT_TENANT, store)
        )
        self._shared: LoadedBundle | None = None
        self._sharing = asyncio.Lock()
        self._is_loading = False
        self._idle = asyncio.Event()

    @property
    def ready(self) -> bool:
        """True if requests can be answered."""
        return self.default_tenant.is_ready

    @property
    def tenants(self) -> list[Tenant]:
        """The tenants that were asked for, the default one first."""
        return list(self._tenants.values())

    def bundle_for(self, tenant: Tenant, variant: Variant) -> Tenant | None:
        """The tenant by the bundle of a variant; None while that one is not loaded.

        Other bundles than the one in use answer for the default tenant alone.
        """
        named = variant.bundle
        if named is None or named.model_version == tenant.model_version:
            return tenant
        return self.extra.find(named) if tenant.is_default else None

    def may_know(self, tenant: Tenant, user_id: str) -> bool:
        """Whether a bundle that answers a tenant knows the user."""
        extra = self.extra.tenants if tenant.is_default else []
        return any(each.may_know(user_id) for each in [tenant, *extra])

    async def follow_experiments(self) -> None:
        """Keep the bundles that experiments name in memory, until cancelled."""
        await self.extra.follow(self._list_named)

    async def _list_named(self) -> list[NamedBundle]:
        tenant = self.default_tenant
        return self.list_extra(list_bundles(await tenant.experiments.list(), time.time()))

    def list_extra(self, named: Iterable[NamedBundle]) -> list[NamedBundle]:
        """The bundles that are not the one in use, in the given order."""
        return [each for each in named if each.model_version != self.default_tenant.model_version]

    async def _open_extra(self, name: str) -> LoadedBundle:
        """Open a bundle beside the one in use, when no other is being loaded. Raises what `_open` raises."""
        folder = find_bundle(self.settings.bundle_dir, name)
        while self._is_loading:
            await self._idle.wait()
        with self._claim_loading():
            return await self._open(folder)

    async def open_tenant(self, name: str) -> Tenant:
        """The tenant of this name, with the bundle in use; its items are read at the first call.

        Raises ValueError for a name that no tenant can have.
        """
        tenant = self._tenants.get(name)
        if tenant is None:
            # It is among the tenants before it has a bundle, so that no reload passes it over.
            tenant = self._tenants[name] = self._make_tenant(name, self._store.of_tenant(name))
        if not tenant.is_ready and self.ready:
            await tenant.open(await self._share_bundle())
        return tenant

    def _make_tenant(self, name: str, store: TenantStore) -> Tenant:
        settings = self.settings
        live = LiveStatistics(store.live) if settings.live_statistics else None
        most = settings.new_item_impressions
        trials = NewItemTrials(store.trials, most) if settings.keeps_new_places else None
        return Tenant(name, store, self._key, settings.pseudonyms, live, trials)

    async def close(self) -> None:
        """Stop what goes on beside the requests."""
        for tenant in self._tenants.values():
            await tenant.close()
        await self.extra.close()

    async def settle_key(self) -> None:
        """Ask for the key of the installation until the store answers.

        Raises WrongPseudonymKeyError and WrongStateKeyError.
        """
        await self._key.settle()

    async def start(self) -> None:
        """Load the bundle that the other replicas were ordered to serve, or else the first usable candidate.

        Raises BundleError with all problems if there is none, WrongPseudonymKeyError and WrongStateKeyError.
        """
        problems = []
        await self._key.get()  # so that no request waits for it
        with self._claim_loading():
            candidates = await run_in_thread(lambda: list_start_candidates(self.settings))
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

    @contextmanager
    def _claim_loading(self) -> Iterator[None]:
        """Load one bundle at a time, so that the last accepted one is in use. Raises LoadInProgressError."""
        if self._is_loading:
            raise LoadInProgressError
        self._is_loading = True
        self._idle.clear()
        try:
            yield
        finally:
            self._is_loading = False
            self._idle.set()

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
        return await run_in_thread(lambda: open_and_check(folder, settings.candidates, settings.signing_key))

    async def _take_over(self, folder: Path, bundle: LoadedBundle) -> None:
        """Swap a bundle in for all tenants, the default one first; compare and record it."""
        await self.default_tenant.take_over(bundle)
        for tenant in self.tenants:
            if not tenant.is_default:
                await tenant.take_over(await self._share_bundle())
        self.replica_set.serve(bundle.manifest.model_version)
        self._warn_of_scenes(bundle.manifest)
        await run_in_thread(lambda: self.comparison.take_over(folder, bundle.manifest))
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

    def _warn_of_scenes(self, manifest: Manifest) -> None:
        """Log the scenes with an exploration or a share of new items of their own that a bundle lacks."""
        named = {
            "CHORUS_EXPLORATION": [each.scene for each in self.settings.exploration],
            "CHORUS_NEW_ITEMS": [each.scene for each in self.settings.new_items],
        }
        for setting, scenes in named.items():
            for scene in scenes:
                if scene != EVERY and scene not in manifest.scenes:
                    fields = {"scene": scene, "scenes": sorted(manifest.scenes)}
                    LOG.warning("%s names a scene that the bundle lacks", setting, extra={"fields": fields})

    async def _share_bundle(self) -> LoadedBundle:
        """The bundle in use as it was loaded, which all tenants but the default one share."""
        async with self._sharing:
            bundle = self._shared
            if bundle is None or bundle.predictor is not self.default_tenant.bundle.predictor:
                bundle = self._shared = await self.default_tenant.share_bundle()
        return bundle
