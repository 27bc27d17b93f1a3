"""Convert a request into the pipeline's query, and check scenes, heads and fields."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.api.cursor import Page
from app.api.mapping.filters import parse_filter
from app.api.mapping.heads import check_head
from app.api.mapping.interactions import append_session, build_rules, to_session
from app.api.mapping.plan import to_plan
from app.api.schemas.events import Context, SessionEvent
from app.api.schemas.exploration import ExplorationRequest
from app.api.schemas.popularity import PopularityRequest
from app.api.schemas.recommendation import (
    DiversityRequest,
    ListRequest,
    RankRequest,
)
from app.bundle.bundle import LoadedBundle
from app.errors import InvalidFilterError, UnknownFieldError, UnknownSceneError
from app.pipeline.default_diversity import choose_diversity
from app.pipeline.types import DEFAULT_LANGUAGE, Query
from models.contract.catalogue import UserState
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.nearest import suggest
from models.contract.predicate import Predicate, PredicateError
from models.contract.predicate_check import check
from models.contract.roles import seen_items
from models.language.plan import NO_PLAN, Plan
from models.ranking.exploration import Exploration, Policy
from models.ranking.popularity_debias import Debias
from models.ranking.rerank import Diversity

SEED_BITS = 63
"""A seed is a whole number below 2 to this power."""


def build_query(
    bundle: LoadedBundle,
    page: Page[ListRequest],
    state: UserState,
    now: float,
    kept: tuple[str, ...] = (),
    language: str = DEFAULT_LANGUAGE,
) -> Query:
    """The query of a page, for a user with this stored `state`; `now` is the clock's time in Unix seconds.

    `kept` are items that stand first, `language` is that of the reasons' texts. The request's words are those of its
    plan: `app.api.understanding` has replaced its query.
    Raises an InvalidRequestError with the field that does not fit the bundle.
    """
    request = page.request
    spec = bundle.spec
    moment, context = resolve_moment(spec, request.context, now)
    check_fields(spec, request.fields or ())
    plan = NO_PLAN if request.plan is None else to_plan(bundle, request.plan)
    condition = None if request.filter is None else parse_filter(request.filter, spec.hierarchies)
    if condition is not None:
        check_filter(spec, condition)
    state = add_session(bundle, state, request.session, moment, now)
    diversity = replace(
        _to_diversity(bundle, request, state),
        exploration=_to_exploration(request.exploration),
        debias=_to_debias(request.popularity),
    )
    # The pipeline allows seen items in a ranking; `exclude_seen` excludes them here.
    excludes_seen = isinstance(request, RankRequest) and request.exclude_seen
    seen = seen_items(state, spec.roles) if excludes_seen else ()
    named = {*_named_items(request, plan)}.difference(kept)
    return Query(
        state=state,
        now=moment,
        limit=request.limit,
        context=context,
        weights=resolve_weights(bundle, request),
        diversity=diversity,
        plan=plan,
        predicate=condition,
        excluded=frozenset((*(request.exclude_ids or ()), *page.shown, *seen, *named)),
        exclude_seen=request.exclude_seen,
        explain=request.explain,
        item_ids=_remaining_items(page),
        kept=kept,
        above=page.shown[-diversity.max_consecutive :] if diversity.max_consecutive else (),
        language=language,
    )


def resolve_weights(bundle: LoadedBundle, request: ListRequest) -> Mapping[str, float]:
    """The request's weights, or else those of its plan, of its scene, or the fitted ones.

    Raises UnknownSceneError or UnknownHeadError.
    """
    scenes = bundle.manifest.scenes
    if request.scene is not None and request.scene not in scenes:
        names = ", ".join(sorted(scenes)) or "no scene at all"
        hint = suggest(request.scene, scenes)
        raise UnknownSceneError(f"expected one of {names}, given {request.scene[:80]!r}{hint}", "scene")
    if request.weights is None and request.plan is not None and request.plan.weights is not None:
        return request.plan.weights
    if request.weights is None:
        return bundle.manifest.fusion.weights if request.scene is None else scenes[request.scene]
    for name in request.weights:
        check_head(bundle, name, f"weights.{name}")
    return request.weights


def resolve_moment(spec: FeatureSpec, context: Context | None, now: float) -> tuple[float, Mapping[str, str]]:
    """The moment of a request, and the labels of its context; keys that the bundle does not have are left out."""
    if context is None:
        return now, {}
    labels = {key: label for key, label in context.labels().items() if key in spec.context_fields}
    return now if context.timestamp is None else context.timestamp, labels


def check_fields(spec: FeatureSpec, names: tuple[str, ...] | list[str]) -> None:
    """Raises UnknownFieldError for a field that items do not have, or that is a vector."""
    field_names = [field.name for field in spec.item_fields if field.kind is not FieldKind.VECTOR]
    for index, name in enumerate(names):
        if name not in field_names:
            expected = ", ".join(field_names) or "no field at all"
            hint = suggest(name, field_names)
            raise UnknownFieldError(
                f"expected one of {expected}, given {name[:80]!r}{hint}", f"fields.{index}"
            )


def check_filter(spec: FeatureSpec, condition: Predicate) -> None:
    """Raises InvalidFilterError for a filter that does not fit the items' fields."""
    try:
        check(condition, {field.name: field.kind for field in spec.item_fields})
    except PredicateError as error:
        raise InvalidFilterError(error.message, error.field) from error


def add_session(
    bundle: LoadedBundle, state: UserState, session: Sequence[SessionEvent] | None, moment: float, now: float
) -> UserState:
    """The state with the session's events after the stored ones.

    An event without a timestamp is at the request's `moment`; an event may be at most a day after both that and `now`.
    Raises an InvalidRequestError for an event that does not fit the bundle.
    """
    if not session:
        return state
    rules = build_rules(bundle.spec, bundle.manifest.heads, max(now, moment))
    events = append_session(state.events, to_session(rules, session, moment))
    return replace(state, events=events, in_session=True)


def _to_diversity(bundle: LoadedBundle, request: ListRequest, state: UserState) -> Diversity:
    """The request's diversity. What it leaves out is that of its plan, or the bundle's default.

    Another method has a default of its own, and so has a plan where the bundle's method is none.
    """
    wire = request.diversity
    planned = (
        None if request.plan is None or request.plan.diversity is None else request.plan.diversity.strength
    )
    if wire is None and planned is None:
        return choose_diversity(bundle, state)
    wire = DiversityRequest() if wire is None else wire
    method, strength = wire.method or bundle.manifest.diversity.method, wire.strength
    if strength is None and planned is not None:
        if wire.method is None and method == "none":
            method = Diversity().method
        strength = planned
    if strength is None:
        own = method == bundle.manifest.diversity.method
        strength = (choose_diversity(bundle, state) if own else Diversity()).strength
    return Diversity(method, strength, wire.max_per_category, wire.max_consecutive)


def _to_exploration(wire: ExplorationRequest | None) -> Exploration | None:
    """The request's exploration, with a seed by chance where it states none; None for no exploration."""
    if wire is None or wire.policy == Policy.NONE:
        return None
    seed = secrets.randbits(SEED_BITS) if wire.seed is None else wire.seed
    return Exploration(Policy(wire.policy), wire.strength, seed)


def _to_debias(wire: PopularityRequest | None) -> Debias | None:
    """The request's popularity debiasing; None for none."""
    return None if wire is None or not wire.debias else Debias(wire.debias)


def _named_items(request: ListRequest, plan: Plan) -> tuple[str, ...]:
    """The items that a plan names, which are no answer to what is like them, unless the request asks for them."""
    return () if isinstance(request, RankRequest) else (*plan.like, *plan.unlike)


def _remaining_items(page: Page[ListRequest]) -> tuple[str, ...] | None:
    """The items still to be ranked, in the order of the request; None for a recommendation."""
    if not isinstance(page.request, RankRequest):
        return None
    excluded = {*page.shown, *(page.request.exclude_ids or ())}
    return tuple(item_id for item_id in page.request.item_ids or () if item_id not in excluded)
