"""Follow the live counts and the trials of new items: one task reads both, and no request waits for it."""

import asyncio
from contextlib import suppress

from app.runtime import Runtime
from app.state.protocol import StateUnavailableError

POLL_S = 2.0
"""Seconds between two readings. With the time of reading it keeps every replica within 5 s of the store."""


class LiveFollower:
    """A loop over the tenants of one runtime, and over the bundles of experiments."""

    def __init__(self, runtime: Runtime, poll_s: float = POLL_S) -> None:
        self._runtime = runtime
        self._poll_s = poll_s

    async def run(self) -> None:
        """Follow until cancelled. A store that does not answer has counted and logged it, and is asked again."""
        settings = self._runtime.settings
        while settings.live_statistics or settings.keeps_new_places:
            for tenant in [*self._runtime.tenants, *self._runtime.extra.tenants]:
                with suppress(StateUnavailableError):
                    await tenant.refresh_live()
            await asyncio.sleep(self._poll_s)
