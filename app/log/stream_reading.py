"""Read a stream of the store from a position on, in chunks, and tell whether it was cut before."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.log.day_file import START, step_back
from app.state.protocol import ImpressionEntry, StreamEntry

CHUNK = 1_000
"""Entries of one call of the store."""

Entry = TypeVar("Entry", StreamEntry, ImpressionEntry)
Read = Callable[[str, int], Awaitable[list[Entry]]]
"""(a position, a number) -> at most so many entries after it."""


async def read_entries(read: Read[Entry], position: str, most: int) -> list[Entry]:
    """The entries after a position, in chunks until there are `most` or no more, without those of erased users."""
    entries: list[Entry] = []
    while len(entries) < most:
        chunk = await read(entries[-1].entry_id if entries else position, CHUNK)
        entries += chunk
        if len(chunk) < CHUNK:
            break
    return entries


async def has_gap(read: Read[Entry], position: str, first: Entry) -> bool:
    """True if the stream no longer has its entry at the position: it was cut, or the entry's user was erased."""
    if position == START:
        return False
    at_position = await read(step_back(position), 1)
    return bool(at_position) and at_position[0].entry_id == first.entry_id
