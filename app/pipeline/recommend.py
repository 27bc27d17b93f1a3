"""The request path: encode -> filter -> retrieve -> score -> re-rank -> explain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.encoding import add_moments, encode_states
from app.pipeline.encoding_cache import OVERHEAD, derive
from app.pipeline.explain.attribution import measure_attribution
from app.pipeline.explain.evidence import Evidence
from app.pipeline.explain.reasons import find_reasons
from app.pipeline.explain.terms import measure_moment
from app.pipeline.filter_notes import find_filter_notes
from app.pipeline.filtering import excluded_as_seen, filter_rows, find_rows
from app.pipeline.partners import find_partners
from app.pipeline.query.conditions import Narrowed, narrow_rows
from app.pipeline.query.text_query import read_plan, unread_texts
from app.pipeline.scoring.groups import score_candidates, score_unweighted
from app.pipeline.sources.new import mark_given
from app.pipeline.sources.retrieval import retrieve
from app.pipeline.sources.source import RetrievalContext
from app.pipeline.stage_clock import StageClock
from app.pipeline.types import Candidates, Encoded, Query, Scored, Slate, Trace
from models.contract.arrays import Floats, Indices, Mask
from models.contract.feature_spec import FieldKind
from models.contract.statistics import TOTAL
from models.contract.user_vector import strip_bias
from models.heads.protocol import Subject
from models.heads.registry import find_kind
from models.language.text_preference import TextPreferences
from models.ranking.budget import Budget, plan_budgets
from models.ranking.exploration import measure_spread
from models.ranking.kept import find_positions, rerank_below
from models.ranking.new_items import NewItems
from models.ranking.rerank import CATEGORY_CAP, CATEGORY_RUN, Diversity, RerankedList
from models.ranking.tiers import Pool, rerank_tiers

ROW_BYTES = 8
LIMITS = frozenset({CATEGORY_CAP, CATEGORY_RUN})
"""The degradations that more candidates may prevent."""


def recommend(bundle: LoadedBundle, query: Query) -> Slate:
    """The slate for a query. No I/O: the query has the user's state."""
    clock = StageClock()
    return answer_trace(bundle, trace_list(bundle, query, clock), clock)


def trace_list(bundle: LoadedBundle, query: Query, clock: StageClock) -> Trace:
    """All stages up to the chosen order."""
    texts = read_plan(bundle, query.plan, query.state.profile, query.state.events)
    encoded_states = encode_states(bundle, [query.state], [texts])
    (encoded,) = add_moments(bundle, encoded_states, [(query.context, query.now)])
    clock.finish("encode")
    return choose_list(bundle, query, texts, encoded, clock)


def choose_list(
    bundle: LoadedBundle, query: Query, texts: TextPreferences, encoded: Encoded, clock: StageClock
) -> Trace:
    """Retrieve, score and re-rank for an encoded user; a second time, wider, where the list needs it."""
    narrowed = find_allowed(bundle, query)
    context = build_context(bundle, query, encoded, narrowed)
    for budget in plan_searches(bundle.candidates, query):
        candidates = retrieve(context, budget)
        clock.finish("retrieve")
        scored, labels = score(bundle, query, encoded, candidates)
        clock.finish("score")
        reranked = rerank_scored(bundle, query, scored, narrowed.meets)
        clock.finish("rerank")
        if not LIMITS.intersection(reranked.degraded) or len(candidates.rows) == candidates.allowed:
            break
    chosen = (narrowed.allowed, narrowed.meets, narrowed.relaxed)
    return Trace(query, texts, encoded, *chosen, scored, labels, reranked)


def answer_trace(bundle: LoadedBundle, trace: Trace, clock: StageClock) -> Slate:
    """The slate of a trace, with its reasons where the query asks for them."""
    shown = score_unweighted(bundle, trace.encoded, trace.scored, trace.query, trace.reranked.order)
    clock.finish("score")
    slate = assemble_slate(bundle, replace(trace, scored=shown))
    if trace.query.explain and len(slate.order):
        slate = explain_slate(bundle, trace, slate)
        clock.finish("explain")
    return replace(slate, took_ms=clock.took_ms)


def find_allowed(bundle: LoadedBundle, query: Query) -> Narrowed:
    """The items that the query allows: those that pass the filter, narrowed by the plan of its words."""
    roles = bundle.spec.roles
    allowed = filter_rows(bundle.catalogue, query, bundle.columns, roles, find_seen(bundle, query))
    return narrow_rows(bundle.catalogue, query, bundle.columns, allowed)


def find_seen(bundle: LoadedBundle, query: Query) -> Indices | None:
    """The rows of the items that the query leaves out as seen, kept where the history is the bundle's; else None."""
    state = query.state
    if query.item_ids is not None or not query.exclude_seen or query.kept or state.past_items:
        return None
    if not bundle.known_users.keeps(state):
        return None
    catalogue, roles = bundle.catalogue, bundle.spec.roles
    size = OVERHEAD + ROW_BYTES * len(state.events)
    return derive(
        bundle, state.events, lambda: find_rows(catalogue, excluded_as_seen(query, roles)), size, "seen"
    )


def build_context(
    bundle: LoadedBundle, query: Query, encoded: Encoded, narrowed: Narrowed
) -> RetrievalContext:
    """The input of the candidate sources."""
    return RetrievalContext(
        catalogue=bundle.catalogue,
        index=bundle.index,
        centre=bundle.mean_vector,
        query=query,
        encoded=encoded,
        allowed=narrowed.allowed,
        liked_row=encoded.events.liked_row,
        meets=narrowed.meets,
        new_rows=bundle.new_items.rows,
        partners=find_partners(bundle, encoded),
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
    scored, predicted = score_candidates(bundle, encoded, candidates, query, every_head=query.explain)
    names = [h.task.name for h in bundle.manifest.heads if find_kind(h.task.kind).subject is Subject.ITEM]
    return scored, {name: predicted[name] for name in names if name in predicted}


def rerank_scored(bundle: LoadedBundle, query: Query, scored: Scored, meets: Mask | None) -> RerankedList:
    """The slate's order, with its diversity and its cost in relevance.

    The items of the catalogue that meet the plan, `meets` [n], come first; None if all do.
    """
    rows = scored.candidates.rows
    vectors = strip_bias(bundle.catalogue.vectors[rows]) - bundle.mean_vector
    labels = bundle.label_sets.of_rows(bundle.catalogue, rows)
    pool, above = Pool(scored.score, vectors, labels), find_labels_above(bundle, query)
    diversity = measure_popularity(bundle, measure_uncertainty(bundle, query.diversity, rows), rows)
    diversity = keep_new_places(bundle, query, diversity, rows)
    first = None if meets is None else meets[rows]
    if query.kept:
        kept = find_positions(rows, bundle.rows(query.kept))
        return rerank_below(pool, kept, first, diversity, query.limit)
    return rerank_tiers(pool, first, diversity, query.limit, above)


def measure_uncertainty(bundle: LoadedBundle, diversity: Diversity, rows: Indices) -> Diversity:
    """The settings with how uncertain the scores of candidates at `rows` [K] are, if the list explores."""
    if diversity.exploration is None:
        return diversity
    spread = measure_spread(np.expm1(bundle.catalogue.statistics[rows, TOTAL]))
    return replace(diversity, exploration=replace(diversity.exploration, spread=spread))


def measure_popularity(bundle: LoadedBundle, diversity: Diversity, rows: Indices) -> Diversity:
    """The settings with the popularity of candidates at `rows` [K], if the list is debiased."""
    if diversity.debias is None:
        return diversity
    return replace(diversity, debias=replace(diversity.debias, popularity=bundle.measure_popularity(rows)))


def keep_new_places(bundle: LoadedBundle, query: Query, diversity: Diversity, rows: Indices) -> Diversity:
    """The settings with the new ones among the candidates at `rows` [K], if places are kept for them."""
    if not query.new_due:
        return diversity
    is_new = bundle.new_items.mark(rows)
    if not is_new.any():
        return diversity
    new_before = int(bundle.new_items.mark(bundle.rows(query.before)).sum())
    return replace(diversity, new=NewItems(is_new, query.new_share, len(query.before), new_before))


def find_labels_above(bundle: LoadedBundle, query: Query) -> Sequence[frozenset[str]]:
    """The label sets of the items just before the slate; none of an item that the catalogue lacks by now."""
    rows = map(bundle.catalogue.row, query.above)
    return [frozenset() if row is None else bundle.catalogue.labels[row] for row in rows]


def assemble_slate(bundle: LoadedBundle, trace: Trace) -> Slate:
    """The slate without reasons."""
    query, scored, reranked = trace.query, trace.scored, trace.reranked
    if query.new_share:
        scored = replace(scored, candidates=mark_given(scored.candidates, reranked.given))
    unread = unread_texts(bundle, query.plan, query.state.profile, query.state.events)
    return Slate(
        scored=scored,
        order=reranked.order,
        method=query.diversity.method,
        intra_list_diversity=reranked.intra_list_diversity,
        relevance_cost=reranked.relevance_cost,
        unknown=find_unknown_ids(bundle, query),
        degraded=(*unread, *scored.candidates.degraded, *reranked.degraded),
        given=reranked.given,
        propensity=reranked.propensity,
        notes=(
            *find_filter_notes(bundle.catalogue, query, bundle.columns, len(reranked.order)),
            *trace.relaxed,
        ),
    )


def explain_slate(bundle: LoadedBundle, trace: Trace, slate: Slate) -> Slate:
    """The slate with its reasons."""
    evidence = Evidence(
        scored=slate.scored,
        order=slate.order,
        query=trace.query,
        catalogue=bundle.catalogue,
        heads=bundle.manifest.heads,
        attribution=measure_attribution(bundle, trace.query, trace.texts, trace.encoded, slate),
        texts=trace.texts,
        events=trace.encoded.events,
        label_values=trace.labels,
        moment=measure_moment(bundle, trace),
        given=slate.given,
        by_score=list_without_diversity(bundle, trace),
        unexplored=list_without_exploration(bundle, trace),
        undebiased=list_without_debias(bundle, trace),
        relevance=measure_relevance(bundle, trace),
        text_fields=tuple(field.name for field in bundle.spec.fields(FieldKind.TEXT)),
        hierarchies=bundle.spec.hierarchies,
    )
    return replace(slate, reasons=find_reasons(evidence))


def list_without_diversity(bundle: LoadedBundle, trace: Trace) -> Indices | None:
    """The order [N] of the same request without diversity, limits and exploration; None if it has no diversity."""
    diversity = trace.query.diversity
    if not diversity.strength:
        return None
    query = replace(trace.query, diversity=Diversity("none", 0.0, debias=diversity.debias))
    return rerank_scored(bundle, query, trace.scored, trace.meets).order


def list_without_exploration(bundle: LoadedBundle, trace: Trace) -> Indices | None:
    """The order [N] of the same request without exploration; None if it does not explore."""
    diversity = trace.query.diversity
    if diversity.exploration is None:
        return None
    query = replace(trace.query, diversity=replace(diversity, exploration=None))
    return rerank_scored(bundle, query, trace.scored, trace.meets).order


def list_without_debias(bundle: LoadedBundle, trace: Trace) -> Indices | None:
    """The order [N] of the same request without popularity debiasing and exploration; None if it does not debias."""
    diversity = trace.query.diversity
    if diversity.debias is None:
        return None
    query = replace(trace.query, diversity=replace(diversity, debias=None, exploration=None))
    return rerank_scored(bundle, query, trace.scored, trace.meets).order


def measure_relevance(bundle: LoadedBundle, trace: Trace) -> Floats:
    """The relevance [K] by which the candidates were re-ranked."""
    rows = trace.scored.candidates.rows
    return measure_popularity(bundle, trace.query.diversity, rows).relevance(trace.scored.score)


def find_unknown_ids(bundle: LoadedBundle, query: Query) -> tuple[str, ...]:
    """The item ids that the request names and the catalogue lacks, each once, in their order."""
    requested = dict.fromkeys(query.item_ids or ())
    return tuple(item_id for item_id in requested if item_id not in bundle.catalogue)
