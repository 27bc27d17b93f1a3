"""Tasks that run beside the requests for as long as the service does, each begun when the bundle is loaded."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

LOG = logging.getLogger("chorus.server")

Work = Callable[[], Awaitable[None]]


class Background:
    """The tasks of one service. The failure of one is logged, and is no reason to stop the others or the service."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, works: Mapping[str, Work], after: "asyncio.Task[None]") -> None:
        """Begin each work when `after` has ended well. The name says what is no longer done if the work fails."""
        for name, work in works.items():
            task = asyncio.create_task(_run_after(after, work))
            task.add_done_callback(partial(_log_failure, name))
            self._tasks.append(task)

    async def stop(self) -> None:
        """Cancel all tasks, and wait until they have ended."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


async def _run_after(loading: "asyncio.Task[None]", work: Work) -> None:
    await asyncio.wait([loading])
    if not loading.cancelled() and loading.exception() is None:
        await work()


def _log_failure(name: str, task: "asyncio.Task[None]") -> None:
    error = None if task.cancelled() else task.exception()
    if error is not None:
        LOG.critical("%s no longer", name, exc_info=error)
