"""Leave-one-out attribution: how much each history item contributes to the scores of a slate."""

from dataclasses import dataclass

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import add_moments, encode_columns, find_returns
from app.pipeline.scoring.groups import Groups, score_groups
from app.pipeline.types import Encoded, Query, Slate
from models.contract.arrays import Floats, Indices
from models.contract.events import EXPOSURE_ACTIONS, EventColumns
from models.contract.feedback import has_action
from models.contract.fusion import FusionMethod
from models.language.text_preference import TextPreferences

MEASURED_ITEMS = 8
"""History items that are left out in turn, the nearest to the slate's items; each costs an encoding."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """The decrease of each slate item's score without each of M history items."""

    rows: Indices  # [M] catalogue rows of the history items
    drop: Floats  # [M, N] by history item and slate item; negative if the score increases


def measure_attribution(
    bundle: LoadedBundle, query: Query, texts: TextPreferences, encoded: Encoded, slate: Slate
) -> Attribution:
    """The attribution of a slate of N items to the MEASURED_ITEMS nearest history items."""
    slate_rows = slate.scored.candidates.rows[slate.order]
    rows = _nearest_items(bundle, encoded, slate_rows)
    drop = slate.scored.score[slate.order] - _score_without(bundle, query, texts, encoded, slate, rows)
    return Attribution(rows, drop)


def leave_out(events: EventColumns, items: Indices) -> EventColumns:
    """One user's events as those of M users, each without the events of one of M items."""
    rows_of = [np.flatnonzero(events.items != item) for item in items]
    rows = np.concatenate([*rows_of, np.zeros(0, dtype=np.int64)])
    return events.take(rows, np.cumsum([0, *map(len, rows_of)], dtype=np.int64))


def _nearest_items(bundle: LoadedBundle, encoded: Encoded, slate_rows: Indices) -> Indices:
    """Distinct catalogue rows of the MEASURED_ITEMS history items with the greatest cosine to a slate item."""
    taken = encoded.events.columns.items[~has_action(encoded.events.columns, EXPOSURE_ACTIONS)]
    rows = np.intersect1d(encoded.history_rows[encoded.history_rows >= 0], taken)
    if len(rows) <= MEASURED_ITEMS:
        return rows
    cosine = bundle.unit_vectors(rows) @ bundle.unit_vectors(slate_rows).T
    nearest = np.argsort(-cosine.max(axis=1), kind="stable")[:MEASURED_ITEMS]
    return rows[nearest]


def _score_without(
    bundle: LoadedBundle,
    query: Query,
    texts: TextPreferences,
    encoded: Encoded,
    slate: Slate,
    items: Indices,
) -> Floats:
    """The slate's scores [M, N] from histories without each of M items."""
    candidates, count = slate.scored.candidates, len(items)
    if not count:
        return np.zeros((0, len(slate.order)), dtype=np.float32)
    # A vote depends on all candidates; otherwise scores are independent and the slate's items are enough.
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
    moments = [(query.context, query.now)] * count
    # Without its newest event a session would become a return, which changes every item.
    returning = np.repeat(find_returns(bundle, [encoded], moments[:1]), count)
    users = add_moments(bundle, users, moments, returning)
    fused = score_groups(bundle, users, groups, query.weights).fused
    scores = np.stack([group.score for group in fused])
    return scores[:, slate.order] if vote else scores
