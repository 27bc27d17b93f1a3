"""Encode a user's events as one packed value, to which a Lua script can append and which it can trim.

    value  = version u8, count u32, then `count` records
    record = size u16 of the rest, timestamp f64, value f64 (NaN: none), bytes of the action u16,
             action, item id

The items of trimmed events are a separate value, each item once:

    past  = version u8, then item ids, each after its size u16

Integers are little endian, texts UTF-8. Records have no context, only the stream has. The script of
`app.state.redis.append` reads the count, the sizes and the timestamps at these offsets.
"""

import math
import struct
from collections.abc import Iterable
from operator import attrgetter

from models.contract.events import Event

VERSION = 1
HEADER = struct.Struct("<BI")
RECORD = struct.Struct("<HddH")
SIZE = struct.Struct("<H")
SIZE_BYTES = SIZE.size
"""A record's size does not include these bytes."""
MAX_SIZE = 0xFFFF

_timestamp = attrgetter("timestamp")


class CorruptValueError(Exception):
    """Stored bytes that are damaged, or of another version."""


def pack_event(event: Event) -> bytes:
    """One record. Raises ValueError for a time that is not finite and for texts that are too long."""
    if not math.isfinite(event.timestamp):
        raise ValueError(f"expected a finite timestamp, given {event.timestamp}")
    action, item_id = event.action.encode(), event.item_id.encode()
    size = RECORD.size - SIZE_BYTES + len(action) + len(item_id)
    if size > MAX_SIZE:
        raise ValueError(f"expected an event of at most {MAX_SIZE} bytes, given {size}")
    value = math.nan if event.value is None else event.value
    return RECORD.pack(size, event.timestamp, value, len(action)) + action + item_id


def pack_value(records: Iterable[bytes]) -> bytes:
    """A user's value: the header, then the packed records."""
    packed = list(records)
    return HEADER.pack(VERSION, len(packed)) + b"".join(packed)


def unpack_events(packed: bytes) -> tuple[Event, ...]:
    """The events of a value, sorted by timestamp, equal times in stored order. Raises CorruptValueError."""
    try:
        version, count = HEADER.unpack_from(packed)
        if version != VERSION:
            raise CorruptValueError(f"expected version {VERSION}, given {version}")
        events, stop = _unpack_records(packed, count)
    except (struct.error, UnicodeDecodeError) as exc:
        raise CorruptValueError(
            f"expected packed events, given {len(packed)} bytes of something else"
        ) from exc
    if stop != len(packed):
        raise CorruptValueError(f"expected {count} events in {stop} bytes, given {len(packed)} bytes")
    events.sort(key=_timestamp)
    return tuple(events)


def unpack_past_items(packed: bytes) -> frozenset[str]:
    """The items of a past value. Raises CorruptValueError."""
    item_ids, at = set(), 1
    try:
        if packed[0] != VERSION:
            raise CorruptValueError(f"expected version {VERSION}, given {packed[0]}")
        while at < len(packed):
            start = at + SIZE_BYTES
            at = start + SIZE.unpack_from(packed, at)[0]
            item_ids.add(packed[start:at].decode())
    except (struct.error, IndexError, UnicodeDecodeError) as exc:
        raise CorruptValueError(f"expected item ids, given {len(packed)} bytes of something else") from exc
    if at != len(packed):
        raise CorruptValueError(f"expected {at} bytes of item ids, given {len(packed)}")
    return frozenset(item_ids)


def _unpack_records(packed: bytes, count: int) -> tuple[list[Event], int]:
    """The first `count` events and the offset of their end, which is past the value if it is truncated."""
    events, at = [], HEADER.size
    for _ in range(count):
        size, timestamp, value, action_bytes = RECORD.unpack_from(packed, at)
        action_at = at + RECORD.size
        item_at, stop = action_at + action_bytes, at + SIZE_BYTES + size
        if item_at > stop or not math.isfinite(timestamp):
            raise CorruptValueError(
                f"expected a record of {size} bytes with a finite time at {at}, given neither"
            )
        action, item_id = packed[action_at:item_at].decode(), packed[item_at:stop].decode()
        events.append(Event(item_id, action, timestamp, None if math.isnan(value) else value))
        at = stop
    return events, at
