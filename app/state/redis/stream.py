"""Encode accepted events as entries of a Redis stream."""

import json
from collections.abc import Mapping, Sequence

from app.state.protocol import RecordedEvent, StreamEntry
from app.state.redis.codec import CorruptValueError
from app.state.redis.values import Values
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
    "text",
)
"""The other fields, in the order of the values in the append script."""
SEALED_FIELD = "sealed"
"""In place of EVENT_FIELDS: their values as a JSON list, sealed for the stream and the user."""
SEALED_FIELDS = (SEALED_FIELD,)
_SEALED_KEY = SEALED_FIELD.encode()


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
        "text": event.text,
    }
    return tuple(values[name] for name in EVENT_FIELDS)


def seal_entry(recorded: RecordedEvent, stream: str, name: str, values: Values) -> bytes:
    """The value of SEALED_FIELD for an event of the user of this name."""
    content = json.dumps(pack_entry(recorded), ensure_ascii=False, separators=(",", ":")).encode()
    return values.seal(content, _place(stream, name))


def unpack_entry(entry_id: bytes, fields: Mapping[bytes, bytes], stream: str, values: Values) -> StreamEntry:
    """The event of an entry of a stream, sealed or not. Raises CorruptValueError."""
    try:
        text = _open_fields(fields, stream, values)
        event = Event(
            item_id=text["item_id"],
            action=text["action"],
            timestamp=float(text["timestamp"]),
            value=float(text["value"]) if text["value"] else None,
            context=json.loads(text["context"] or "{}"),
            text=text.get("text", ""),  # entries from before there were texts have none
        )
        recorded = RecordedEvent(
            text[USER_FIELD],
            event,
            event_id=text["event_id"] or None,
            recommendation_id=text["recommendation_id"] or None,
            rank=int(text["rank"]) if text["rank"] else None,
        )
    except (KeyError, ValueError, TypeError) as exc:
        raise CorruptValueError(f"expected an event in the stream at {entry_id!r}, given none") from exc
    return StreamEntry(entry_id.decode(), recorded)


def _open_fields(fields: Mapping[bytes, bytes], stream: str, values: Values) -> dict[str, str]:
    """The fields of an entry in clear text. Raises ValueError, TypeError or CorruptValueError for a damaged one."""
    sealed = fields.get(_SEALED_KEY)
    if sealed is None:
        return {name.decode(): value.decode() for name, value in fields.items()}
    user = fields[USER_FIELD.encode()].decode()
    content: Sequence[str] = json.loads(values.open(sealed, _place(stream, user)))
    return {USER_FIELD: user, **dict(zip(EVENT_FIELDS, content, strict=False))}


def _place(stream: str, name: str) -> str:
    """Where an entry stands, for its seal: which user's it is in which stream."""
    return f"{stream}:{name}"
