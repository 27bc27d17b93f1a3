"""What the user's events did to the answer, measured: each is left out, and the scores taken again."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.pipeline.encoding import encode_states
from app.pipeline.explain.explanation import Influence
from app.pipeline.scoring.pairs import FlatPairs, score_flat
from app.pipeline.types import Encoded, Query, Slate
from models.contract.arrays import Floats, Indices
from models.contract.fusion import FusionMethod
from models.language.text_preference import TextPreferences

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle

MEASURED_EVENTS = 8
"""Events left out in turn: those nearest to the slate's items, since each costs an encoding."""


def measure_influence(
    bundle: "LoadedBundle", query: Query, texts: TextPreferences, encoded: Encoded, slate: Slate
) -> Influence:
    """For some of the history's items the fall [L', N] of each slate item's score without them."""
    rows = slate.scored.candidates.rows[slate.order]
    chosen = _nearest_events(bundle, encoded, rows)
    item_ids = tuple(bundle.catalogue.ids[row] for row in chosen.tolist())
    without = _scores_without(bundle, query, texts, item_ids, slate)
    return Influence(item_ids=item_ids, rows=chosen, drop=slate.scored.score[slate.order] - without)


def _nearest_events(bundle: "LoadedBundle", encoded: Encoded, rows: Indices) -> Indices:
    """Catalogue rows of the history's items, the MEASURED_EVENTS with the greatest cosine to a slate item."""
    known = np.unique(encoded.history_rows[encoded.history_rows >= 0])
    if len(known) <= MEASURED_EVENTS:
        return known
    cosine = bundle.unit_vectors(known) @ bundle.unit_vectors(rows).T
    nearest = np.argsort(-cosine.max(axis=1), kind="stable")[:MEASURED_EVENTS]
    return known[nearest]


def _scores_without(
    bundle: "LoadedBundle", query: Query, texts: TextPreferences, item_ids: Sequence[str], slate: Slate
) -> Floats:
    """The slate's scores [L', N] had the user never met each of L' items."""
    candidates, count = slate.scored.candidates, len(item_ids)
    if not count:
        return np.zeros((0, len(slate.order)), dtype=np.float32)
    # A vote is among all candidates; elsewhere an item's score is its own, and the slate's are enough.
    vote = bundle.manifest.fusion.method is FusionMethod.VOTE
    rows = candidates.rows if vote else candidates.rows[slate.order]
    states = [
        replace(query.state, events=tuple(event for event in query.state.events if event.item_id != item_id))
        for item_id in item_ids
    ]
    pairs = FlatPairs(
        rows=np.tile(rows, count),
        users=np.repeat(np.arange(count), len(rows)),
        moments=np.zeros(count * len(rows), dtype=np.int64),
        at=[(query.context, query.now)],
        sizes=[len(rows)] * count,
    )
    encoded = encode_states(bundle, states, [texts] * count)
    scores = np.stack([group.score for group in score_flat(bundle, encoded, pairs, query.weights)])
    return scores[:, slate.order] if vote else scores
