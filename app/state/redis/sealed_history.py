"""Encode a user's events as sealed blocks, to which a Lua script can append without the key.

    value = version u8 (0xB1), count of events u32, count of blocks u32, then the blocks
    block = size u32, then a packed value of `app.state.redis.codec`, sealed by `app.state.seals` or in clear text

An append adds a block for each event. The blocks become one when they are many, have more events than the limit, or
begin with one under an old key or in clear text, which is what was stored before there was a key.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.state.redis.codec import CorruptValueError, count_events, join_values, unpack_records
from app.state.redis.values import Values
from app.state.state_keys import BrokenSealError, UnknownKeyError

if TYPE_CHECKING:
    from app.state.seals import Seals

VERSION = 0xB1
HEADER = struct.Struct("<BII")
SIZE = struct.Struct("<I")
MOST_BLOCKS = 100
"""Above this many blocks they become one: a read opens few, and few appends write the whole value."""


@dataclass(frozen=True, slots=True)
class OpenedHistory:
    """The packed value in clear text, None for none, and the blocks under keys that the settings do not have."""

    value: bytes | None = None
    foreign: Sequence[bytes] = ()


def pack_block(content: bytes) -> bytes:
    """A block of a value."""
    return SIZE.pack(len(content)) + content


def pack_history(value: bytes, place: str, values: Values, foreign: Sequence[bytes] = ()) -> bytes:
    """A value of one block that has a packed value in clear text, and after it the foreign blocks."""
    blocks = [values.seal(value, place), *foreign]
    return HEADER.pack(VERSION, count_events(value), len(blocks)) + b"".join(map(pack_block, blocks))


def open_history(stored: bytes | None, place: str, values: Values) -> OpenedHistory:
    """The content of a value that is sealed or in clear text; a block that cannot be read is reported and left out.

    So are the blocks behind one whose size is damaged.
    Without seals, and in clear text, the value is returned as it is.
    """
    seals = values.seals
    if stored is None or seals is None or not stored.startswith(bytes([VERSION])):
        return OpenedHistory(stored)
    contents: list[bytes] = []
    foreign: list[bytes] = []
    try:
        for block in _split(stored):
            try:
                contents.append(_open_block(block, place, seals))
            except UnknownKeyError as exc:
                foreign.append(block)
                values.report(CorruptValueError(str(exc)))
            except (BrokenSealError, CorruptValueError) as exc:
                values.report(CorruptValueError(str(exc)))
    except CorruptValueError as exc:
        values.report(exc)
    return OpenedHistory(join_values(contents), foreign)


def _open_block(block: bytes, place: str, seals: "Seals") -> bytes:
    """The packed value of a block. Raises BrokenSealError; CorruptValueError for damaged clear text."""
    content = seals.read(block, place)
    if content is block:  # nothing but a seal shows damage before it is joined with the others
        unpack_records(content)
    return content


def _split(stored: bytes) -> Iterator[bytes]:
    """The blocks of a value. Raises CorruptValueError where one is cut."""
    if len(stored) < HEADER.size:
        raise CorruptValueError(f"expected at least {HEADER.size} bytes, given {len(stored)}")
    at = HEADER.size
    while at < len(stored):
        start = at + SIZE.size
        at = start + SIZE.unpack_from(stored, at)[0] if start <= len(stored) else start
        if at > len(stored):
            raise CorruptValueError(f"expected a block of {at - start} bytes, given a value that ends before")
        yield stored[start:at]
