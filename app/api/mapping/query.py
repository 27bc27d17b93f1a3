"""A request -> the pipeline's query, held to what the bundle has: scenes, heads, fields, context keys."""

from collections.abc import Mapping
from dataclasses import replace

from app.api.cursor import Page
from app.api.mapping.filters import parse_filter
from app.api.mapping.interactions import appended, check_context, rules_of, session_events
from app.api.schemas.interactions import Context
from app.api.schemas.recommendation import RankRequest, RecommendRequest
from app.bundle.bundle import LoadedBundle
from app.errors import InvalidFilterError, UnknownFieldError, UnknownHeadError, UnknownSceneError
from app.pipeline.types import Query
from models.contract.catalogue import UserState
from models.contract.events import Event
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.predicate import Predicate, PredicateError
from models.contract.predicate_check import check
from models.ranking.rerank import Diversity


def build_query(bundle: LoadedBundle, page: Page[RecommendRequest], state: UserState, now: float) -> Query:
    """The query of a page for a user whose stored `state` has been read; `now` is the clock's.

    Raises an InvalidRequestError naming the field that the bundle cannot answer.
    """
    request = page.request
    spec = bundle.spec
    moment, context = moment_of(spec, request.context, now)
    check_fields(spec, request.fields or ())
    found = None if request.filter is None else parse_filter(request.filter)
    if found is not None:
        check_filter(spec, found)
    rules = rules_of(spec, bundle.manifest.heads, max(now, moment))
    known = with_session(state, session_events(rules, request.session or (), moment))
    # The pipeline leaves seen items in a ranking: only a caller who says so has them out.
    asked_out = isinstance(request, RankRequest) and request.exclude_seen
    seen = known.seen if asked_out else ()
    return Query(
        state=known,
        now=moment,
        limit=request.limit,
        context=context,
        weights=weights_of(bundle, request),
        diversity=_diversity(request),
        text=(request.query or "").strip(),
        predicate=found,
        excluded=frozenset((*(request.exclude_ids or ()), *page.shown, *seen)),
        exclude_seen=request.exclude_seen,
        explain=request.explain,
        item_ids=_left(page),
    )


def weights_of(bundle: LoadedBundle, request: RecommendRequest) -> Mapping[str, float]:
    """The request's weights, else its scene's, else those that were fitted.

    Raises UnknownSceneError or UnknownHeadError.
    """
    scenes = bundle.manifest.scenes
    if request.scene is not None and request.scene not in scenes:
        names = ", ".join(sorted(scenes)) or "no scene at all"
        raise UnknownSceneError(f"expected one of {names}, given {request.scene[:80]!r}", "scene")
    if request.weights is None:
        return bundle.manifest.fusion.weights if request.scene is None else scenes[request.scene]
    for name in request.weights:
        if name not in bundle.heads:
            raise UnknownHeadError(
                f"expected one of {', '.join(bundle.heads)}, given {name!r}", f"weights.{name}"
            )
    return request.weights


def moment_of(spec: FeatureSpec, context: Context | None, now: float) -> tuple[float, Mapping[str, str]]:
    """The moment and the labels of a request's context; raises UnknownFieldError for a key nobody knows."""
    if context is None:
        return now, {}
    labels = context.labels()
    check_context(spec, labels)
    return now if context.timestamp is None else context.timestamp, labels


def check_fields(spec: FeatureSpec, names: tuple[str, ...] | list[str]) -> None:
    """Raises UnknownFieldError for a field that items do not have."""
    known = [field.name for field in spec.item_fields if field.kind is not FieldKind.VECTOR]
    for place, name in enumerate(names):
        if name not in known:
            words = ", ".join(known) or "no field at all"
            raise UnknownFieldError(f"expected one of {words}, given {name[:80]!r}", f"fields.{place}")


def check_filter(spec: FeatureSpec, given: Predicate) -> None:
    """Raises InvalidFilterError where the items' fields cannot answer a filter."""
    try:
        check(given, {field.name: field.kind for field in spec.item_fields})
    except PredicateError as error:
        raise InvalidFilterError(error.message, error.field) from error


def with_session(state: UserState, session: tuple[Event, ...]) -> UserState:
    """The state with the session's events after the stored ones."""
    return replace(state, events=appended(state.events, session)) if session else state


def _diversity(request: RecommendRequest) -> Diversity:
    given = request.diversity
    return Diversity() if given is None else Diversity(given.method, given.strength, given.max_per_category)


def _left(page: Page[RecommendRequest]) -> tuple[str, ...] | None:
    """The items still to be ranked, in the caller's order; None for a recommendation."""
    if not isinstance(page.request, RankRequest):
        return None
    out = {*page.shown, *(page.request.exclude_ids or ())}
    return tuple(item_id for item_id in page.request.item_ids or () if item_id not in out)
