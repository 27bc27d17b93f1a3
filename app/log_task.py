"""The task of a log that is written after the answers: beside the requests, and at the end all that waits."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Any, Protocol, TypeVar


class WrittenLater(Protocol):
    """A log whose records wait to be written."""

    async def run(self) -> None:
        """Write what comes, until cancelled."""

    async def flush(self) -> None:
        """Write all that waits."""


class Stored(Protocol):
    """A record that belongs to one store."""

    @property
    def store(self) -> Any:
        """The store."""


Log = TypeVar("Log", bound=WrittenLater)
Record = TypeVar("Record", bound=Stored)


@asynccontextmanager
async def run_log(log: Log) -> AsyncIterator[Log]:
    """A log with its task, which writes what waits before it ends."""
    writing = asyncio.create_task(log.run())
    try:
        yield log
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
        await log.flush()


def group_by_store(records: Iterable[Record]) -> list[list[Record]]:
    """The records of each store, in their order."""
    by_store: dict[int, list[Record]] = {}
    for record in records:
        by_store.setdefault(id(record.store), []).append(record)
    return list(by_store.values())
