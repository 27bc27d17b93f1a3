"""Trim and join opened histories, as the Lua functions of `app.state.redis.records` do with those in clear text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.state.limits import StoreLimits
from app.state.redis.codec import Record, pack_event


@dataclass(frozen=True, slots=True)
class History:
    """A user's records, and the items of those trimmed away, oldest first."""

    records: Sequence[Record] = ()
    past_items: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Joined:
    """The history after a merge, and how many records and past items came from the source."""

    history: History
    moved_records: int
    moved_items: int


def trim_history(history: History, limits: StoreLimits) -> History:
    """The newest records by time, equal times as they came, and the items of the others among the past items.

    A history with no more than `stored_events` records stays as it is.
    """
    if len(history.records) <= limits.stored_events:
        return history
    records = sorted(history.records, key=lambda record: record[0].timestamp)
    gone = [event.item_id for event, _details in records[: -limits.max_events]]
    past_items = remember_items([*history.past_items, *gone], limits.max_past_items)
    return History(records[-limits.max_events :], past_items)


def remember_items(item_ids: Sequence[str], room: int) -> list[str]:
    """Each item once, at its last place; of these the newest."""
    newest_first = list(dict.fromkeys(reversed(item_ids)))[:room]
    return newest_first[::-1]


def join_histories(
    target: History,
    source: History,
    trained: Sequence[Record],
    erased_at: float | None,
    limits: StoreLimits,
) -> Joined:
    """The target's history with that of the source, and what the bundle knows of the source.

    A record whose time, action and item an earlier history has does not come, nor one before the target's erasure. To
    an erased target no past items come, as their times are not known.
    """
    kept, keys = list(target.records), set(map(_key, target.records))
    for records in (source.records, trained):
        new = [
            record
            for record in records
            if _key(record) not in keys and (erased_at is None or record[0].timestamp >= erased_at)
        ]
        keys.update(map(_key, new))
        kept += new
    moved_items = [] if erased_at is not None else source.past_items
    past_items = [*moved_items, *target.past_items]
    joined = trim_history(History(kept, past_items), limits)
    remembered = remember_items(joined.past_items, limits.max_past_items)
    return Joined(History(joined.records, remembered), len(kept) - len(target.records), len(moved_items))


def _key(record: Record) -> tuple[float, str, str]:
    event = record[0]
    return event.timestamp, event.action, event.item_id


def pack_all(records: Iterable[Record]) -> Iterable[bytes]:
    """The packed records."""
    return (pack_event(event, details) for event, details in records)
