"""The bundles in memory beside the one in use, which experiments name: loaded before they answer, dropped after."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from app.bundle.bundle import LoadedBundle
from app.bundle_choice import UnknownBundleNameError
from app.state.protocol import NamedBundle
from app.tenant import Tenant
from models.contract.bundle import BundleError

LOG = logging.getLogger("chorus.runtime")
POLL_S = 1.0
"""Seconds between two looks at what experiments name."""
RETRY_S = 30.0
"""Seconds after which a bundle that could not be loaded is tried again: it may arrive late."""

Open = Callable[[str], Awaitable[LoadedBundle]]
"""Opens and verifies the bundle of a name. Raises UnknownBundleNameError, BundleError, OSError."""


class TooManyBundlesNamedError(Exception):
    """Experiments name more bundles than are kept."""


class ExtraBundles:
    """At most `most` bundles, each as a tenant of its own over the users and items of the default one.

    A bundle whose version is the one in use is not loaded twice.
    """

    def __init__(
        self,
        most: int,
        open_bundle: Open,
        make_tenant: Callable[[], Tenant],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.most = most
        self._open = open_bundle
        self._make_tenant = make_tenant
        self._clock = clock
        self._loaded: dict[NamedBundle, Tenant] = {}
        self._faults: dict[NamedBundle, tuple[str, float]] = {}  # why, and when it is tried again
        self._lock = asyncio.Lock()

    @property
    def tenants(self) -> list[Tenant]:
        """The default tenant's users and items by each bundle."""
        return list(self._loaded.values())

    def find(self, named: NamedBundle) -> Tenant | None:
        """The default tenant's users and items by a bundle; None if it is not loaded."""
        return self._loaded.get(named)

    def find_fault(self, named: NamedBundle) -> str:
        """Why a bundle is not loaded."""
        fault = self._faults.get(named)
        return "it is not loaded yet" if fault is None else fault[0]

    @asynccontextmanager
    async def keep(self) -> AsyncIterator[None]:
        """Nothing is dropped within the block, so that what it loads is there when it is named."""
        async with self._lock:
            yield

    async def load(self, wanted: NamedBundle) -> None:
        """Load a bundle, within `keep`.

        Raises UnknownBundleNameError, BundleError for an unusable one or one of another version, and OSError.
        """
        if wanted in self._loaded:
            return
        bundle = await self._open(wanted.name)
        found = bundle.manifest.model_version
        if found != wanted.model_version:
            raise BundleError(
                f"expected version {wanted.model_version} of the bundle {wanted.name}, given {found}"
            )
        tenant = self._make_tenant()
        await tenant.take_over(bundle)
        self._loaded[wanted] = tenant
        self._faults.pop(wanted, None)
        LOG.info("extra bundle loaded", extra={"fields": wanted._asdict()})

    async def follow(self, read_wanted: Callable[[], Awaitable[Iterable[NamedBundle]]]) -> None:
        """Keep what is wanted, until cancelled."""
        while True:
            async with self._lock:
                await self._settle(list(dict.fromkeys(await read_wanted())))
            await asyncio.sleep(POLL_S)

    async def close(self) -> None:
        """Stop what goes on beside the requests."""
        for tenant in self.tenants:
            await tenant.close()

    async def _settle(self, wanted: list[NamedBundle]) -> None:
        """Drop what is no longer wanted, then load what is missing."""
        for named in [each for each in self._loaded if each not in wanted]:
            await self._loaded.pop(named).close()
            LOG.info("extra bundle dropped", extra={"fields": named._asdict()})
        self._faults = {named: fault for named, fault in self._faults.items() if named in wanted}
        for named in wanted:
            is_due = self._clock() >= self._faults.get(named, ("", float("-inf")))[1]
            if named not in self._loaded and is_due:
                await self._try_load(named)

    async def _try_load(self, named: NamedBundle) -> None:
        try:
            self.check_room([*self._loaded, named])
            await self.load(named)
        except UnknownBundleNameError:
            reason = "there is no bundle of this name"
        except (BundleError, OSError, TooManyBundlesNamedError) as error:
            reason = str(error)
        else:
            return
        self._faults[named] = reason, self._clock() + RETRY_S
        fields: Mapping[str, str] = {**named._asdict(), "reason": reason}
        LOG.error("an extra bundle was refused", extra={"fields": fields})

    def check_room(self, wanted: Iterable[NamedBundle]) -> None:
        """Raises TooManyBundlesNamedError for more bundles than are kept."""
        count = len(set(wanted))
        if count > self.most:
            raise TooManyBundlesNamedError(
                f"expected at most {self.most} bundles beside the one in use (CHORUS_EXTRA_BUNDLES), given {count}"
            )
