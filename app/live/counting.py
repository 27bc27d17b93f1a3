"""Mark the events that count for the live statistics, before they are stored."""

from collections.abc import Sequence
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.state.protocol import RecordedEvent
from models.contract.counting import find_counting


def mark_counted(bundle: LoadedBundle, records: Sequence[RecordedEvent], now: float) -> list[RecordedEvent]:
    """The events, of which those that count at `now` say so. Only items of the catalogue are counted."""
    spec = bundle.spec
    counting = find_counting([recorded.event for recorded in records], spec.roles, spec.polarity, now)
    return [
        replace(recorded, counted_at=now)
        if counts and recorded.event.item_id in bundle.catalogue
        else recorded
        for recorded, counts in zip(records, counting.tolist(), strict=True)
    ]
