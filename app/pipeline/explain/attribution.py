"""Leave-one-out attribution: how much each history item, and each category of the history, adds to a slate's scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import add_moments, encode_columns, find_returns
from app.pipeline.explain.measured_items import choose_items, choose_labels, find_similar
from app.pipeline.explain.written_texts import leave_out_texts
from app.pipeline.scoring.groups import Groups, list_weighted, score_groups
from app.pipeline.types import Encoded, Query, Slate
from models.contract.arrays import Floats, Indices, Mask
from models.contract.events import EventColumns
from models.contract.fusion import FusionMethod
from models.language.text_preference import TextPreferences

NO_LABELS = np.zeros((0, 0), dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Attribution:
    """The decrease of each slate item's score without each of M history items, and without each of G categories."""

    rows: Indices  # [M] catalogue rows of the history items
    drop: Floats  # [M, N] by history item and slate item; negative if the score increases
    labels: tuple[str, ...] = ()  # G categories that the history prefers
    label_drop: Floats = field(default_factory=lambda: NO_LABELS)  # [G, N] without all items of the category
    similar: Mask | None = (
        None  # [M, N] where history item and slate item are similar or linked; None: nowhere
    )


def measure_attribution(
    bundle: LoadedBundle, query: Query, texts: TextPreferences, encoded: Encoded, slate: Slate
) -> Attribution:
    """The attribution of a slate of N items to the history items and categories of `measured_items`."""
    slate_rows = slate.scored.candidates.rows[slate.order]
    rows = choose_items(bundle, encoded, slate_rows)
    labels = choose_labels(bundle, encoded, slate_rows)
    left_out = [*rows[:, None], *labels.values()]
    drop = slate.scored.score[slate.order] - score_without(bundle, query, texts, encoded, slate, left_out)
    similar = find_similar(bundle, rows, slate_rows)
    return Attribution(rows, drop[: len(rows)], tuple(labels), drop[len(rows) :], similar)


def leave_out(events: EventColumns, left_out: Sequence[Indices] | Indices) -> EventColumns:
    """One user's events as those of M users, each without the events of one of M items, or sets of items."""
    rows_of = [np.flatnonzero(~np.isin(events.items, items)) for items in left_out]
    rows = np.concatenate([*rows_of, np.zeros(0, dtype=np.int64)])
    return events.take(rows, np.cumsum([0, *map(len, rows_of)], dtype=np.int64))


def score_without(
    bundle: LoadedBundle,
    query: Query,
    texts: TextPreferences,
    encoded: Encoded,
    slate: Slate,
    left_out: Sequence[Indices],
) -> Floats:
    """The slate's scores [M, N] from histories without each of M sets of items."""
    candidates, count = slate.scored.candidates, len(left_out)
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
    events = leave_out(encoded.events.columns, left_out)
    users = encode_columns(
        bundle,
        [query.state.profile] * count,
        events,
        leave_out_texts(bundle, query.state, texts, left_out),
    )
    moments = [(query.context, query.now)] * count
    # Without its newest event a session would become a return, which changes every item.
    returning = np.repeat(find_returns(bundle, [encoded], moments[:1]), count)
    users = add_moments(bundle, users, moments, returning)
    fused = score_groups(bundle, users, groups, query.weights, list_weighted(query)).fused
    scores = np.stack([group.score for group in fused])
    return scores[:, slate.order] if vote else scores
