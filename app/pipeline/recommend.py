"""The request path on one page: encode -> filter -> retrieve -> score -> fuse -> re-rank -> explain."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from app.pipeline.encoding import encode_states
from app.pipeline.explain.attribution import measure_influence
from app.pipeline.explain.explanation import Evidence, explain
from app.pipeline.filtering import allowed_rows
from app.pipeline.query.text_query import read_request, unread_texts
from app.pipeline.reranking import CATEGORY_CAP, Reranked, rerank
from app.pipeline.scoring.scoring import score_candidates
from app.pipeline.sources.retrieval import Retriever
from app.pipeline.types import Candidates, Encoded, Query, Scored, Slate
from models.contract.arrays import Floats
from models.contract.feature_spec import FieldKind
from models.contract.feedback import last_liked
from models.contract.tasks import NEXT
from models.heads.protocol import Subject
from models.heads.registry import find_kind
from models.language.text_preference import TextPreferences

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle

WIDE = 2_000
"""Candidates where `next` has no weight: a catalogue of up to so many items is ranked whole."""


def recommend(bundle: "LoadedBundle", query: Query) -> Slate:
    """The slate for a query. Pure CPU work: everything has been read already."""
    clock = _Stages()
    texts = read_request(bundle, query.text, query.state.profile)
    (encoded,) = encode_states(bundle, [query.state], [texts])
    clock.done("encode")
    allowed = allowed_rows(bundle.catalogue, query, bundle.columns)
    liked = last_liked(encoded.events.columns.items, encoded.events.feedback)
    liked_row = None if liked is None or liked < 0 else liked  # an item that the catalogue lacks has no row
    for retriever in retrievers(bundle, query):
        candidates = retriever.retrieve(bundle.catalogue, query, encoded, allowed, liked_row)
        clock.done("retrieve")
        scored, labels = score(bundle, query, encoded, candidates)
        clock.done("score")
        found = reranked(bundle, query, scored)
        clock.done("rerank")
        if CATEGORY_CAP not in found.degraded or len(candidates.rows) == candidates.allowed:
            break
    slate = Slate(
        scored=scored,
        order=found.order,
        method=query.diversity.method,
        intra_list_diversity=found.intra_list_diversity,
        relevance_cost=found.relevance_cost,
        unknown=unknown_ids(bundle, query),
        degraded=(
            *unread_texts(bundle, query.text, query.state.profile),
            *candidates.degraded,
            *found.degraded,
        ),
    )
    if query.explain and len(found.order):
        slate = explained(bundle, query, texts, encoded, slate, labels)
        clock.done("explain")
    return replace(slate, took_ms=clock.took_ms)


def retrievers(bundle: "LoadedBundle", query: Query) -> list[Retriever]:
    """What finds the candidates, and what does where these do not fill the list within a category cap.

    Retrieval goes by `next`: a request that gives it no weight wants what other heads find best, so look wider;
    so does one for a few of each category, once the nearest items are all of the same.
    """
    wide = bundle.retriever.wide(WIDE)
    if query.item_ids is not None or not query.weights.get(NEXT):
        return [wide]
    return [bundle.retriever] if query.diversity.max_per_category is None else [bundle.retriever, wide]


def score(
    bundle: "LoadedBundle", query: Query, encoded: Encoded, candidates: Candidates
) -> tuple[Scored, Mapping[str, Floats]]:
    """The candidates scored, and the predictions [K, classes] of heads on the item's labels, to explain."""
    scored, predicted = score_candidates(bundle, encoded, candidates, query.context, query.now, query.weights)
    names = [h.task.name for h in bundle.manifest.heads if find_kind(h.task.kind).subject is Subject.ITEM]
    return scored, {name: predicted[name] for name in names}


def reranked(bundle: "LoadedBundle", query: Query, scored: Scored) -> Reranked:
    """The slate's order, and what it gains and costs."""
    rows = scored.candidates.rows
    vectors = bundle.catalogue.vectors[rows, :-1] - bundle.mean_vector
    labels = [bundle.catalogue.labels[row] for row in rows.tolist()]
    return rerank(scored, query.diversity, vectors, labels, query.limit)


def explained(
    bundle: "LoadedBundle",
    query: Query,
    texts: TextPreferences,
    encoded: Encoded,
    slate: Slate,
    labels: Mapping[str, Floats],
) -> Slate:
    """The slate with its reasons."""
    evidence = Evidence(
        heads=bundle.manifest.heads,
        influence=measure_influence(bundle, query, texts, encoded, slate),
        texts=texts,
        events=encoded.events,
        label_values=labels,
        text_fields=tuple(field.name for field in bundle.spec.fields(FieldKind.TEXT)),
    )
    return replace(slate, reasons=explain(slate.scored, slate.order, query, bundle.catalogue, evidence))


def unknown_ids(bundle: "LoadedBundle", query: Query) -> tuple[str, ...]:
    """The asked-for ids that the catalogue lacks, each once, in their order."""
    asked = dict.fromkeys(query.item_ids or ())
    return tuple(item_id for item_id in asked if item_id not in bundle.catalogue)


class _Stages:
    """Milliseconds a stage, summed where it was gone through again."""

    def __init__(self) -> None:
        self.took_ms: dict[str, float] = {}
        self._at = time.perf_counter()

    def done(self, stage: str) -> None:
        now = time.perf_counter()
        self.took_ms[stage] = self.took_ms.get(stage, 0.0) + (now - self._at) * 1000
        self._at = now
