"""Encode a user's events as one packed value, to which a Lua script can append and which it can trim.

    value  = version u8, count u32, then `count` records
    record = size u16 of the rest, timestamp f64, value f64 (NaN: none), bytes of the action u16,
             action, item id

A record with details has DETAILED added to the bytes of the action, and after these the bytes of the item id u16; the
details follow the item id, as JSON: [context, recommendation id, rank], or with a text [text, context, recommendation
id, rank]. Records of all kinds may be in one value.

The items of trimmed events are a separate value, each item once:

    past  = version u8, then item ids, each after its size u16

Integers are little endian, texts UTF-8. The scripts of `app.state.redis.append` and `app.state.redis.merge` read the
count, the sizes, the timestamps and the items at these offsets.
"""

import json
import math
import struct
from collections.abc import Iterable, Mapping
from dataclasses import replace
from operator import attrgetter

from app.state.protocol import RecordedEvent
from models.contract.events import Event

VERSION = 1
HEADER = struct.Struct("<BI")
RECORD = struct.Struct("<HddH")
SIZE = struct.Struct("<H")
SIZE_BYTES = SIZE.size
"""A record's size does not include these bytes."""
MAX_SIZE = 0xFFFF
DETAILED = 0x8000
"""Added to the bytes of the action in a record with details; an action is shorter."""
MAX_DETAILS = 4_000
"""Bytes of an event's details; a context that makes them longer is not kept in the history, only in the stream."""

WITH_TEXT = b'["'
"""How details with a text begin; others begin with their context, an object."""

Record = tuple[Event, bytes]
"""An event without its details, and these as they are packed: the arguments of pack_event."""

_timestamp = attrgetter("timestamp")


class CorruptValueError(Exception):
    """Stored bytes that are damaged, or of another version."""


def pack_event(event: Event, details: bytes = b"") -> bytes:
    """One record. Raises ValueError for a time that is not finite and for texts that are too long."""
    if not math.isfinite(event.timestamp):
        raise ValueError(f"expected a finite timestamp, given {event.timestamp}")
    action, item_id = event.action.encode(), event.item_id.encode()
    if len(action) >= DETAILED:
        raise ValueError(f"expected an action of less than {DETAILED} bytes, given {len(action)}")
    item_size = SIZE.pack(min(len(item_id), MAX_SIZE)) if details else b""
    size = RECORD.size - SIZE_BYTES + len(item_size) + len(action) + len(item_id) + len(details)
    if size > MAX_SIZE:
        raise ValueError(f"expected an event of at most {MAX_SIZE} bytes, given {size}")
    value = math.nan if event.value is None else event.value
    head = RECORD.pack(size, event.timestamp, value, len(action) + (DETAILED if details else 0))
    return b"".join((head, item_size, action, item_id, details))


def pack_recorded(recorded: RecordedEvent) -> bytes:
    """One record, with the event's context, recommendation and rank. Raises ValueError as pack_event."""
    context: Mapping[str, str] = dict(recorded.event.context)
    if len(_pack_details([context, recorded.recommendation_id, recorded.rank])) > MAX_DETAILS:
        context = {}
    return pack_event(
        recorded.event, _add_text(recorded.event, [context, recorded.recommendation_id, recorded.rank])
    )


def pack_text(event: Event) -> bytes:
    """The details of an event of the bundle, which has a text at most."""
    return _add_text(event, [{}, None, None])


def _add_text(event: Event, values: list[object]) -> bytes:
    """The details of an event with these values beside its text."""
    if event.text:
        return _pack_details([event.text, *values])
    return b"" if values == [{}, None, None] else _pack_details(values)


def _pack_details(values: list[object]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def pack_value(records: Iterable[bytes]) -> bytes:
    """A user's value: the header, then the packed records."""
    packed = list(records)
    return HEADER.pack(VERSION, len(packed)) + b"".join(packed)


def count_events(packed: bytes) -> int:
    """The number of events of a value that is not damaged."""
    return int(HEADER.unpack_from(packed)[1])


def join_values(packed: Iterable[bytes]) -> bytes:
    """The value with the records of all values, none of which is damaged."""
    every = list(packed)
    bodies = b"".join(value[HEADER.size :] for value in every)
    return HEADER.pack(VERSION, sum(map(count_events, every))) + bodies


def unpack_events(packed: bytes) -> tuple[Event, ...]:
    """The events of a value with their texts alone, sorted by timestamp, equal times in stored order.

    Raises CorruptValueError.
    """
    events = [
        replace(event, text=_read_details(details)[0]) if details.startswith(WITH_TEXT) else event
        for event, details in unpack_records(packed)
    ]
    events.sort(key=_timestamp)
    return tuple(events)


def unpack_recorded(user_id: str, packed: bytes) -> tuple[RecordedEvent, ...]:
    """The events of a value with their details, sorted as by unpack_events. Raises CorruptValueError."""
    records = [_to_recorded(user_id, event, details) for event, details in unpack_records(packed)]
    return tuple(sorted(records, key=lambda recorded: recorded.event.timestamp))


def _to_recorded(user_id: str, event: Event, details: bytes) -> RecordedEvent:
    text, context, recommendation_id, rank = _read_details(details)
    return RecordedEvent(
        user_id, replace(event, context=context, text=text), recommendation_id=recommendation_id, rank=rank
    )


def _read_details(details: bytes) -> tuple[str, dict[str, str], str | None, int | None]:
    """The text, the context, the recommendation and the rank of packed details. Raises CorruptValueError."""
    try:
        values = json.loads(details) if details else [{}, None, None]
        text, context, recommendation_id, rank = values if details.startswith(WITH_TEXT) else ["", *values]
    except (ValueError, TypeError) as exc:
        raise CorruptValueError(f"expected details, given {len(details)} bytes of something else") from exc
    return text, context, recommendation_id, rank


def unpack_records(packed: bytes) -> list[Record]:
    """The events of a value with their packed details, in stored order. Raises CorruptValueError."""
    try:
        version, count = HEADER.unpack_from(packed)
        if version != VERSION:
            raise CorruptValueError(f"expected version {VERSION}, given {version}")
        records, stop = _split_records(packed, count)
    except (struct.error, UnicodeDecodeError) as exc:
        raise CorruptValueError(
            f"expected packed events, given {len(packed)} bytes of something else"
        ) from exc
    if stop != len(packed):
        raise CorruptValueError(f"expected {count} events in {stop} bytes, given {len(packed)} bytes")
    return records


def pack_past_items(item_ids: Iterable[str]) -> bytes:
    """The past value of items, each of which comes once."""
    encoded = [item_id.encode() for item_id in item_ids]
    return bytes([VERSION]) + b"".join(SIZE.pack(len(item_id)) + item_id for item_id in encoded)


def unpack_past_items(packed: bytes) -> frozenset[str]:
    """The items of a past value. Raises CorruptValueError."""
    return frozenset(unpack_past_order(packed))


def unpack_past_order(packed: bytes) -> list[str]:
    """The items of a past value in stored order. Raises CorruptValueError."""
    item_ids: list[str] = []
    at = 1
    try:
        if packed[0] != VERSION:
            raise CorruptValueError(f"expected version {VERSION}, given {packed[0]}")
        while at < len(packed):
            start = at + SIZE_BYTES
            at = start + SIZE.unpack_from(packed, at)[0]
            item_ids.append(packed[start:at].decode())
    except (struct.error, IndexError, UnicodeDecodeError) as exc:
        raise CorruptValueError(f"expected item ids, given {len(packed)} bytes of something else") from exc
    if at != len(packed):
        raise CorruptValueError(f"expected {at} bytes of item ids, given {len(packed)}")
    return item_ids


def _split_records(packed: bytes, count: int) -> tuple[list[Record], int]:
    """The first `count` events with their details, and the offset of their end, past the value if it is truncated."""
    records, at = [], HEADER.size
    for _ in range(count):
        size, timestamp, value, action_bytes = RECORD.unpack_from(packed, at)
        action_at, stop = at + RECORD.size, at + SIZE_BYTES + size
        item_at, item_stop = action_at + action_bytes, stop
        if action_bytes >= DETAILED:
            action_at += SIZE_BYTES
            item_at = action_at + action_bytes - DETAILED
            item_stop = item_at + SIZE.unpack_from(packed, action_at - SIZE_BYTES)[0]
        if not item_at <= item_stop <= stop or not math.isfinite(timestamp):
            raise CorruptValueError(
                f"expected a record of {size} bytes with a finite time at {at}, given neither"
            )
        action, item_id = packed[action_at:item_at].decode(), packed[item_at:item_stop].decode()
        event = Event(item_id, action, timestamp, None if math.isnan(value) else value)
        records.append((event, packed[item_stop:stop]))
        at = stop
    return records, at
