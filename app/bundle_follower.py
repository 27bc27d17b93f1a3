"""Follow the bundle that any replica was told to load, and announce the one that this replica serves."""

import asyncio
from contextlib import suppress

from app.runtime import LoadInProgressError, Runtime
from app.state.protocol import StateUnavailableError

POLL_S = 1.0
"""Seconds between two exchanges with the store."""


class BundleFollower:
    """Two loops over one runtime: exchange with the other replicas, and load what was ordered.

    They are separate, so that a replica that loads a bundle still counts as alive. A successful exchange is a write,
    which ends the store's fault.
    """

    def __init__(self, runtime: Runtime, poll_s: float = POLL_S) -> None:
        self._runtime = runtime
        self._poll_s = poll_s

    async def run(self) -> None:
        """Follow until cancelled, then leave the other replicas."""
        try:
            async with asyncio.TaskGroup() as loops:
                loops.create_task(self._exchange())
                loops.create_task(self._follow())
        finally:
            await self._runtime.replica_set.leave()

    async def _exchange(self) -> None:
        runtime = self._runtime
        while True:
            with suppress(StateUnavailableError):  # the store has counted and logged it
                await runtime.replica_set.exchange(runtime.default_tenant.bundle.manifest.created_at)
                runtime.health.record_success()
            await asyncio.sleep(self._poll_s)

    async def _follow(self) -> None:
        runtime = self._runtime
        while True:
            order = runtime.replica_set.find_due_order()
            if order is not None:
                with suppress(LoadInProgressError):  # the next turn tries again
                    await runtime.follow(order)
            await asyncio.sleep(self._poll_s)
