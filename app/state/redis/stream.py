"""Accepted events in the order of acceptance: what training data and live metrics are drawn from."""

import json
from collections.abc import Mapping

from app.state.protocol import RecordedEvent, StreamEntry
from app.state.redis.codec import CorruptValueError
from models.contract.events import Event


def stream_values(recorded: RecordedEvent) -> tuple[str, ...]:
    """The 8 values of an entry in the order of the append script, "" for none; the user id goes before."""
    event = recorded.event
    return (
        event.item_id,
        event.action,
        "" if event.value is None else repr(event.value),
        repr(event.timestamp),
        json.dumps(dict(event.context), ensure_ascii=False) if event.context else "",
        recorded.recommendation_id or "",
        "" if recorded.rank is None else str(recorded.rank),
        recorded.event_id or "",
    )


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
        rank = int(text["rank"]) if text["rank"] else None
        ids = text["event_id"] or None, text["recommendation_id"] or None
        return StreamEntry(entry_id.decode(), RecordedEvent(text["user_id"], event, *ids, rank))
    except (KeyError, ValueError) as exc:
        raise CorruptValueError(f"expected an event in the stream at {entry_id!r}, given none") from exc
