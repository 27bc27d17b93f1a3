"""The erasures of users who stand in the exported log."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from app.log.day_file import list_days, read_day, write_day
from app.state.protocol import TenantStore

USERS = 500
"""Users whose erasures are read in one call."""


async def read_erasures(store: TenantStore, users: Sequence[str | None]) -> dict[str, float]:
    """User -> the time of the erasure, of those who were erased; None, for nobody, is passed over."""
    named = [user for user in users if user is not None]
    erased_at: dict[str, float] = {}
    for start in range(0, len(named), USERS):
        part = named[start : start + USERS]
        times = await store.read_erasures(part)
        erased_at |= {user: at for user, at in zip(part, times, strict=True) if at is not None}
    return erased_at


async def drop_from_days(
    store: TenantStore, folder: Path, drop: Callable[[pa.Table, Mapping[str, float]], pa.Table]
) -> AsyncIterator[tuple[pa.Table, pa.Table]]:
    """Write the files of a folder's days without what `drop` leaves out by the times of the erasures.

    Yields the rows of each changed file before and after. Raises LogFileError and StateUnavailableError.
    """
    for path in list_days(folder):
        day = read_day(path)
        kept = drop(day.table, await read_erasures(store, day.table.column("user_id").unique().to_pylist()))
        if len(kept) < len(day.table):
            write_day(path, replace(day, table=kept))
            yield day.table, kept
