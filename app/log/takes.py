"""What was taken of answers, read from the events of the exported log."""

from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.log.day_file import ACCEPTED, list_days
from models.contract.roles import Role, Roles, role_of, take_value

EARLY_S = 60.0
"""How much sooner than its impression an event may have arrived, as both are written at their own pace."""
COLUMNS = ("recommendation_id", "item_id", "action", "value", ACCEPTED)


class Take(NamedTuple):
    """One target event of an item that an answer showed."""

    accepted_at: float  # Unix seconds by the store's clock
    value: float


Takes = dict[tuple[str, str], list[Take]]
"""(recommendation_id, item_id) -> the target events that name both."""


class Label(NamedTuple):
    """The outcome of an item that was shown."""

    taken: bool
    value: float | None = None  # the highest one of its target events
    taken_after_s: float | None = None  # until the first of them


NOT_TAKEN = Label(False)


def read_takes(
    folder: Path, recommendation_ids: Collection[str], since: float, until: float, roles: Roles
) -> Takes:
    """The target events of answers that arrived from one moment to another, in Unix seconds."""
    first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" for at in (since - EARLY_S, until))
    takes: Takes = {}
    for path in list_days(folder):
        if first <= path.stem <= last:
            named = pc.field("recommendation_id").isin(list(recommendation_ids))
            table = pq.read_table(path, columns=list(COLUMNS), filters=named)
            for answer, item, action, value, at in zip(
                *(table.column(name).to_pylist() for name in COLUMNS), strict=True
            ):
                if role_of(action, roles) is Role.TARGET:
                    takes.setdefault((answer, item), []).append(Take(at, take_value(action, value, roles)))
    return takes


def find_label(
    takes: Takes, recommendation_id: str, item_id: str, arrived_at: float, window_s: float
) -> Label:
    """The outcome of an item whose impression arrived at a moment, within the window."""
    named = takes.get((recommendation_id, item_id), ())
    within = [take for take in named if take.accepted_at <= arrived_at + window_s]
    if not within:
        return NOT_TAKEN
    first = min(take.accepted_at for take in within)
    return Label(True, max(take.value for take in within), max(0.0, round(first - arrived_at, 3)))
