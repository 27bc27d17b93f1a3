"""The experiments of a tenant as this process knows them: at most a few seconds old, and no request waits for them."""

import asyncio
import logging
import time
from collections.abc import Callable

from app.state.protocol import Experiment, ExperimentStore, StateUnavailableError

LOG = logging.getLogger("chorus.experiments")
FRESH_S = 1.0
"""Seconds for which what was read counts as new; then it is read again beside the requests."""
STALE_S = 4.0
"""Seconds after which a request waits for the reading, such as the first one after a quiet hour."""


class LiveExperiments:
    """Reads the experiments again and again, as requests come.

    While the store fails, the last known ones go on, and no request waits.
    """

    def __init__(self, store: ExperimentStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._known: tuple[Experiment, ...] = ()
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None
        self._fails = False

    async def list(self) -> tuple[Experiment, ...]:
        """The experiments by name."""
        age = self._clock() - self._read_at
        if age >= FRESH_S:
            if self._reading is None or self._reading.done():
                self._reading = asyncio.create_task(self.refresh())
                self._reading.add_done_callback(_log_failure)
            if age >= STALE_S and not self._fails:
                await asyncio.wait([self._reading])
        return self._known

    async def refresh(self) -> None:
        """Read the experiments now, unless the store fails."""
        try:
            self._known = (await self._store.read()).experiments
            self._fails = False
        except StateUnavailableError:  # counted and logged by the client
            self._fails = True
        self._read_at = self._clock()

    async def close(self) -> None:
        """Stop the reading."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.wait([self._reading])


def _log_failure(reading: "asyncio.Task[None]") -> None:
    error = None if reading.cancelled() else reading.exception()
    if error is not None:
        LOG.error("the experiments were not read", exc_info=error)
