"""The request path: encode -> filter -> retrieve -> score -> re-rank -> explain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import add_moments, encode_states
from app.pipeline.explain.attribution import measure_attribution
from app.pipeline.explain.evidence import Evidence
from app.pipeline.explain.reasons import find_reasons
from app.pipeline.filter_notes import find_filter_notes
from app.pipeline.filtering import filter_rows
from app.pipeline.query.text_query import read_request, unread_texts
from app.pipeline.scoring.groups import score_candidates
from app.pipeline.sources.retrieval import retrieve
from app.pipeline.sources.source import RetrievalContext
from app.pipeline.stage_clock import StageClock
from app.pipeline.types import Candidates, Encoded, Query, Scored, Slate
from models.contract.arrays import Floats
from models.contract.feature_spec import FieldKind
from models.contract.feedback import last_liked
from models.contract.user_vector import strip_bias
from models.heads.protocol import Subject
from models.heads.registry import find_kind
from models.language.text_preference import TextPreferences
from models.ranking.budget import Budget, plan_budgets
from models.ranking.rerank import CATEGORY_CAP, CATEGORY_RUN, RerankedList, rerank

LIMITS = frozenset({CATEGORY_CAP, CATEGORY_RUN})
"""The degradations that more candidates may prevent."""


def recommend(bundle: LoadedBundle, query: Query) -> Slate:
    """The slate for a query. No I/O: the query has the user's state."""
    clock = StageClock()
    texts = read_request(bundle, query.text, query.state.profile, query.state.events)
    encoded_states = encode_states(bundle, [query.state], [texts])
    (encoded,) = add_moments(bundle, encoded_states, [(query.context, query.now)])
    clock.finish("encode")
    context = build_context(bundle, query, encoded)
    for budget in plan_searches(bundle.candidates, query):
        candidates = retrieve(context, budget)
        clock.finish("retrieve")
        scored, labels = score(bundle, query, encoded, candidates)
        clock.finish("score")
        reranked = rerank_scored(bundle, query, scored)
        clock.finish("rerank")
        if not LIMITS.intersection(reranked.degraded) or len(candidates.rows) == candidates.allowed:
            break
    slate = assemble_slate(bundle, query, scored, reranked)
    if query.explain and len(slate.order):
        slate = explain_slate(bundle, query, texts, encoded, slate, labels)
        clock.finish("explain")
    return replace(slate, took_ms=clock.took_ms)


def build_context(bundle: LoadedBundle, query: Query, encoded: Encoded) -> RetrievalContext:
    """The input of the candidate sources."""
    liked_row = last_liked(encoded.events.columns.items, encoded.events.feedback)
    return RetrievalContext(
        catalogue=bundle.catalogue,
        index=bundle.index,
        centre=bundle.mean_vector,
        query=query,
        encoded=encoded,
        allowed=filter_rows(bundle.catalogue, query, bundle.columns, bundle.spec.roles),
        liked_row=liked_row,
    )


def plan_searches(candidates: int, query: Query) -> Sequence[Budget]:
    """The budget of the first search, and that of a second one if the first cannot fill a slate within its limits.

    A request that names its items needs a wide search; models.ranking.budget has the other rules.
    """
    if query.item_ids is not None:
        return (Budget(candidates, wide=True),)
    return plan_budgets(candidates, query.weights, capped=query.diversity.has_limits)


def score(
    bundle: LoadedBundle, query: Query, encoded: Encoded, candidates: Candidates
) -> tuple[Scored, Mapping[str, Floats]]:
    """The scored candidates, and head -> predictions [K, classes] of the heads on labels, for the reasons."""
    scored, predicted = score_candidates(bundle, encoded, candidates, query)
    names = [h.task.name for h in bundle.manifest.heads if find_kind(h.task.kind).subject is Subject.ITEM]
    return scored, {name: predicted[name] for name in names}


def rerank_scored(bundle: LoadedBundle, query: Query, scored: Scored) -> RerankedList:
    """The slate's order, with its diversity and its cost in relevance."""
    rows = scored.candidates.rows
    vectors = strip_bias(bundle.catalogue.vectors[rows]) - bundle.mean_vector
    labels = [bundle.catalogue.labels[row] for row in rows.tolist()]
    return rerank(
        scored.score, vectors, labels, query.diversity, query.limit, find_labels_above(bundle, query)
    )


def find_labels_above(bundle: LoadedBundle, query: Query) -> Sequence[frozenset[str]]:
    """The label sets of the items just before the slate; none of an item that the catalogue lacks by now."""
    rows = map(bundle.catalogue.row, query.above)
    return [frozenset() if row is None else bundle.catalogue.labels[row] for row in rows]


def assemble_slate(bundle: LoadedBundle, query: Query, scored: Scored, reranked: RerankedList) -> Slate:
    """The slate without reasons."""
    unread = unread_texts(bundle, query.text, query.state.profile, query.state.events)
    return Slate(
        scored=scored,
        order=reranked.order,
        method=query.diversity.method,
        intra_list_diversity=reranked.intra_list_diversity,
        relevance_cost=reranked.relevance_cost,
        unknown=find_unknown_ids(bundle, query),
        degraded=(*unread, *scored.candidates.degraded, *reranked.degraded),
        notes=find_filter_notes(bundle.catalogue, query, bundle.columns, len(reranked.order)),
    )


def explain_slate(
    bundle: LoadedBundle,
    query: Query,
    texts: TextPreferences,
    encoded: Encoded,
    slate: Slate,
    labels: Mapping[str, Floats],
) -> Slate:
    """The slate with its reasons."""
    evidence = Evidence(
        scored=slate.scored,
        order=slate.order,
        query=query,
        catalogue=bundle.catalogue,
        heads=bundle.manifest.heads,
        attribution=measure_attribution(bundle, query, texts, encoded, slate),
        texts=texts,
        events=encoded.events,
        label_values=labels,
        text_fields=tuple(field.name for field in bundle.spec.fields(FieldKind.TEXT)),
        hierarchies=bundle.spec.hierarchies,
    )
    return replace(slate, reasons=find_reasons(evidence))


def find_unknown_ids(bundle: LoadedBundle, query: Query) -> tuple[str, ...]:
    """The item ids that the request names and the catalogue lacks, each once, in their order."""
    requested = dict.fromkeys(query.item_ids or ())
    return tuple(item_id for item_id in requested if item_id not in bundle.catalogue)
