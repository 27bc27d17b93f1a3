"""How much each item of the user's history contributes to the answer, measured by leaving it out."""

from dataclasses import dataclass

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import encode_columns
from app.pipeline.scoring.groups import Groups, score_groups
from app.pipeline.types import Encoded, Query, Slate
from models.contract.arrays import Floats, Indices
from models.contract.events import EventColumns
from models.contract.fusion import FusionMethod
from models.language.text_preference import TextPreferences

MEASURED_ITEMS = 8
"""History items left out in turn: those nearest to the slate's items, since each costs an encoding."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """How far each slate item's score falls without each of M history items."""

    rows: Indices  # [M] catalogue rows of the history items
    drop: Floats  # [M, N] by history item and slate item; negative: the score would rise


def measure_attribution(
    bundle: LoadedBundle, query: Query, texts: TextPreferences, encoded: Encoded, slate: Slate
) -> Attribution:
    """The attribution of a slate of N items to the MEASURED_ITEMS nearest items of the history."""
    slate_rows = slate.scored.candidates.rows[slate.order]
    rows = _nearest_items(bundle, encoded, slate_rows)
    drop = slate.scored.score[slate.order] - _scores_without(bundle, query, texts, encoded, slate, rows)
    return Attribution(rows, drop)


def leave_out(events: EventColumns, items: Indices) -> EventColumns:
    """One user's events as M users', each without the events of one of the M items."""
    kept = [np.flatnonzero(events.items != item) for item in items]
    positions = np.concatenate([*kept, np.zeros(0, dtype=np.int64)])
    return EventColumns(
        offsets=np.cumsum([0, *map(len, kept)], dtype=np.int64),
        items=events.items[positions],
        actions=events.actions[positions],
        times=events.times[positions],
        values=events.values[positions],
        action_names=events.action_names,
    )


def _nearest_items(bundle: LoadedBundle, encoded: Encoded, slate_rows: Indices) -> Indices:
    """Distinct catalogue rows of the history, the MEASURED_ITEMS with the greatest cosine to a slate item."""
    rows = np.unique(encoded.history_rows[encoded.history_rows >= 0])
    if len(rows) <= MEASURED_ITEMS:
        return rows
    cosine = bundle.unit_vectors(rows) @ bundle.unit_vectors(slate_rows).T
    nearest = np.argsort(-cosine.max(axis=1), kind="stable")[:MEASURED_ITEMS]
    return rows[nearest]


def _scores_without(
    bundle: LoadedBundle,
    query: Query,
    texts: TextPreferences,
    encoded: Encoded,
    slate: Slate,
    items: Indices,
) -> Floats:
    """The slate's scores [M, N] if the history lacked each of M items."""
    candidates, count = slate.scored.candidates, len(items)
    if not count:
        return np.zeros((0, len(slate.order)), dtype=np.float32)
    # A vote is among all candidates; elsewhere an item's score is independent of them, and the slate's are enough.
    vote = bundle.manifest.fusion.method is FusionMethod.VOTE
    rows = candidates.rows if vote else candidates.rows[slate.order]
    groups = Groups(
        rows=np.tile(rows, count),
        users=np.repeat(np.arange(count), len(rows)),
        moments=np.zeros(count * len(rows), dtype=np.int64),
        at=[(query.context, query.now)],
        sizes=[len(rows)] * count,
    )
    events = leave_out(encoded.events.columns, items)
    users = encode_columns(bundle, [query.state.profile] * count, events, [texts] * count)
    fused = score_groups(bundle, users, groups, query.weights).fused
    scores = np.stack([group.score for group in fused])
    return scores[:, slate.order] if vote else scores
