"""What the user's events did to the answer, measured: each is left out, and the scores taken again."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from app.pipeline.encoding import encode_state
from app.pipeline.explanation import Influence
from app.pipeline.scoring import score_candidates
from app.pipeline.types import Candidates, Encoded, Query, Slate
from app.pipeline.wishes import Wishes
from models.contract.features import Floats, Indices
from models.contract.fusion import FusionMethod

if TYPE_CHECKING:
    from app.loaded import LoadedBundle

MEASURED_EVENTS = 8
"""Events left out in turn: those nearest to the slate's items, since each costs an encoding."""


def measure_influence(
    bundle: "LoadedBundle", query: Query, wishes: Wishes, encoded: Encoded, slate: Slate
) -> Influence:
    """For some of the history's items the fall [L', N] of each slate item's score without them."""
    rows = slate.scored.candidates.rows[slate.order]
    chosen = _nearest_events(bundle, encoded, rows)
    item_ids = tuple(bundle.catalogue.ids[row] for row in chosen.tolist())
    drop = np.zeros((len(chosen), len(rows)), dtype=np.float32)
    for number, item_id in enumerate(item_ids):
        drop[number] = slate.scored.score[slate.order] - _score_without(bundle, query, wishes, item_id, slate)
    return Influence(item_ids=item_ids, rows=chosen, drop=drop)


def _nearest_events(bundle: "LoadedBundle", encoded: Encoded, rows: Indices) -> Indices:
    """Catalogue rows of the history's items, the MEASURED_EVENTS with the greatest cosine to a slate item."""
    known = np.unique(encoded.history_rows[encoded.history_rows >= 0])
    if len(known) <= MEASURED_EVENTS:
        return known
    cosine = bundle.unit_vectors(known) @ bundle.unit_vectors(rows).T
    nearest = np.argsort(-cosine.max(axis=1), kind="stable")[:MEASURED_EVENTS]
    return known[nearest]


def _score_without(
    bundle: "LoadedBundle", query: Query, wishes: Wishes, item_id: str, slate: Slate
) -> Floats:
    """The slate's scores [N] had the user never met one item."""
    fusion, candidates = bundle.manifest.fusion, slate.scored.candidates
    # A vote is among all candidates; elsewhere an item's score is its own, and the slate's are enough.
    places = np.arange(len(candidates.rows)) if fusion.method is FusionMethod.VOTE else slate.order
    rows = candidates.rows[places]
    events = tuple(event for event in query.state.events if event.item_id != item_id)
    encoded = encode_state(bundle, replace(query.state, events=events), wishes)
    alone = Candidates(rows, (), np.zeros((0, len(rows)), dtype=np.bool_), len(rows))
    scored, _ = score_candidates(bundle, encoded, alone, query.context, query.now, query.weights)
    score = scored.score
    return score[slate.order] if fusion.method is FusionMethod.VOTE else score
