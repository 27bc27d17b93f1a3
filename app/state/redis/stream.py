"""Encode accepted events as entries of a Redis stream."""

import json
from collections.abc import Mapping

from app.state.protocol import RecordedEvent, StreamEntry
from app.state.redis.codec import CorruptValueError
from models.contract.events import Event

USER_FIELD = "user_id"
"""An entry's first field; `ERASE_STREAM` finds a user's entries by it."""
EVENT_FIELDS = (
    "item_id",
    "action",
    "value",
    "timestamp",
    "context",
    "recommendation_id",
    "rank",
    "event_id",
)
"""The other fields, in the order of the values in the append script."""


def pack_entry(recorded: RecordedEvent) -> tuple[str, ...]:
    """The values of EVENT_FIELDS for an event, "" for none."""
    event = recorded.event
    values = {
        "item_id": event.item_id,
        "action": event.action,
        "value": "" if event.value is None else repr(event.value),
        "timestamp": repr(event.timestamp),
        "context": json.dumps(dict(event.context), ensure_ascii=False) if event.context else "",
        "recommendation_id": recorded.recommendation_id or "",
        "rank": "" if recorded.rank is None else str(recorded.rank),
        "event_id": recorded.event_id or "",
    }
    return tuple(values[name] for name in EVENT_FIELDS)


def unpack_entry(entry_id: bytes, fields: Mapping[bytes, bytes]) -> StreamEntry:
    """The event of an entry. Raises CorruptValueError."""
    try:
        text = {name.decode(): value.decode() for name, value in fields.items()}
        event = Event(
            item_id=text["item_id"],
            action=text["action"],
            timestamp=float(text["timestamp"]),
            value=float(text["value"]) if text["value"] else None,
            context=json.loads(text["context"] or "{}"),
        )
        recorded = RecordedEvent(
            text[USER_FIELD],
            event,
            event_id=text["event_id"] or None,
            recommendation_id=text["recommendation_id"] or None,
            rank=int(text["rank"]) if text["rank"] else None,
        )
    except (KeyError, ValueError) as exc:
        raise CorruptValueError(f"expected an event in the stream at {entry_id!r}, given none") from exc
    return StreamEntry(entry_id.decode(), recorded)
