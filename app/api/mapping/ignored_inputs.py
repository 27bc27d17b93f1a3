"""Find the inputs of a request that are accepted and have no effect in the bundle.

An input is named by its path, as in the field of an error: `context.device`. If only its value is unknown to the
bundle, the value follows: `context.device=fridge`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from app.api.schemas.batch import Group
from app.api.schemas.events import Context, SessionEvent, StoredEvent
from app.api.schemas.recommendation import ListRequest, RankRequest
from app.api.schemas.rows import BadRow
from app.bundle.bundle import LoadedBundle
from models.contract.catalogue import User
from models.contract.events import Action
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.roles import Role, role_of
from models.ranking.exploration import Policy

MOST_NAMED = 100
"""The most inputs that an answer names; one more entry then says how many more there are."""
LONGEST = 80
"""Characters of a key or value in a name; the rest is cut."""
MORE = "and {} more"


def name_ignored(bundle: LoadedBundle, request: ListRequest) -> list[str]:
    """The inputs of a recommend or rank request that have no effect."""
    return _limit(_request_inputs(bundle, request))


def name_ignored_of_group(bundle: LoadedBundle, group: Group) -> list[str]:
    """The inputs of a batch's group that have no effect."""
    return _limit((*_context(bundle.spec, group.context), *_session(bundle, group.session or ())))


def name_ignored_of_events(bundle: LoadedBundle, events: Sequence[StoredEvent | BadRow]) -> list[str]:
    """The context keys, texts and items of stored events that the bundle does not read, each at its first event."""
    return _limit(_event_inputs(bundle, events))


def name_ignored_of_profile(bundle: LoadedBundle, user: User) -> list[str]:
    """The values of a profile that the bundle does not know, and the interests if it has no language model."""
    return _limit(_profile_inputs(bundle, user))


def _request_inputs(bundle: LoadedBundle, request: ListRequest) -> Iterator[str]:
    yield from _context(bundle.spec, request.context)
    yield from _session(bundle, request.session or ())
    if request.query and not request.query.strip():
        yield "query"
    yield from _diversity(bundle.spec, request)
    yield from _exploration(request)
    yield from _plan(request)
    ranked = set(request.item_ids or ()) if isinstance(request, RankRequest) else set()
    for index, item_id in enumerate(request.exclude_ids or ()):
        if item_id not in bundle.catalogue and item_id not in ranked:
            yield _name(f"exclude_ids.{index}", item_id)


def _plan(request: ListRequest) -> Iterator[str]:
    """The parts of the plan that other parts of the request take precedence over, and an empty text."""
    plan, diversity = request.plan, request.diversity
    if plan is None:
        return
    if plan.direction is not None and not plan.direction.strip():
        yield "plan.direction"
    if plan.weights is not None and request.weights is not None:
        yield "plan.weights"
    if plan.limit is not None and (isinstance(request, RankRequest) or request.limit < plan.limit):
        yield "plan.limit"
    is_stated = diversity is not None and (diversity.strength is not None or diversity.method == "none")
    if plan.diversity is not None and is_stated:
        yield "plan.diversity"


def _context(spec: FeatureSpec, context: Context | None) -> Iterator[str]:
    """The context keys that the bundle does not have, and the values that its training data did not have."""
    if context is None:
        return
    if context.timestamp is not None and not spec.timed:
        yield "context.timestamp"
    yield from _labels(spec, context.labels(), "context")


def _labels(spec: FeatureSpec, labels: Mapping[str, str], path: str) -> Iterator[str]:
    """The context's keys that the bundle does not have, and the values that its training data did not have."""
    for key, value in labels.items():
        if key not in spec.context_fields:
            yield f"{path}.{key[:LONGEST]}"
        elif f"{key}={value}" not in spec.context_tokens:
            yield _name(f"{path}.{key[:LONGEST]}", value)


def _session(bundle: LoadedBundle, session: Sequence[SessionEvent]) -> Iterator[str]:
    """The unknown items, unread exposures, values, contexts and texts of a session."""
    spec = bundle.spec
    for index, event in enumerate(session):
        path = f"session.{index}"
        if role_of(event.action, spec.roles) is Role.EXPOSURE and Action.IMPRESSION not in spec.actions:
            yield _name(f"{path}.action", event.action)
        if bundle.catalogue.row(event.item_id) is None:  # a deleted item keeps its row
            yield _name(f"{path}.item_id", event.item_id)
        if event.value is not None and spec.value_range is None:
            yield f"{path}.value"
        yield from _labels(spec, event.context or {}, f"{path}.context")
        if event.text is not None and not _is_read(spec, event.text):
            yield f"{path}.text"


def _is_read(spec: FeatureSpec, text: str) -> bool:
    """True for the text of an event that moves the user's text vector."""
    return spec.interaction_text and bool(text.strip())


def _diversity(spec: FeatureSpec, request: ListRequest) -> Iterator[str]:
    """The settings of diversity that the method or the bundle's fields leave without effect."""
    wire = request.diversity
    if wire is None:
        return
    if wire.method == "none" and "strength" in wire.model_fields_set and wire.strength:
        yield "diversity.strength"
    if not spec.fields(FieldKind.CATEGORIES):
        if wire.max_per_category is not None:
            yield "diversity.max_per_category"
        if wire.max_consecutive is not None:
            yield "diversity.max_consecutive"


def _exploration(request: ListRequest) -> Iterator[str]:
    """The settings of exploration that the policy without any leaves without effect."""
    wire = request.exploration
    if wire is None or wire.policy != Policy.NONE:
        return
    if "strength" in wire.model_fields_set and wire.strength:
        yield "exploration.strength"
    if wire.seed is not None:
        yield "exploration.seed"


def _event_inputs(bundle: LoadedBundle, events: Sequence[StoredEvent | BadRow]) -> Iterator[str]:
    named: set[str] = set()
    for index, event in enumerate(events):
        if isinstance(event, BadRow):
            continue
        unknown_keys = [key for key in event.context or () if key not in bundle.spec.context_fields]
        inputs = [f"context.{key[:LONGEST]}" for key in unknown_keys]
        if event.text is not None and not _is_read(bundle.spec, event.text):
            inputs.append("text")
        if bundle.catalogue.row(event.item_id) is None:
            inputs.append(_name("item_id", event.item_id))
        for name in inputs:
            if name not in named:
                named.add(name)
                yield f"events.{index}.{name}"


def _profile_inputs(bundle: LoadedBundle, user: User) -> Iterator[str]:
    for field in bundle.spec.user_fields:
        value = user.attributes.get(field.name)
        if field.kind is FieldKind.CATEGORICAL and value is not None:
            if f"{field.name}={value}" not in bundle.spec.user_tokens:
                yield _name(f"attributes.{field.name}", str(value))
        elif field.kind is FieldKind.TEXT and value and bundle.text_encoder is None:
            yield f"attributes.{field.name}"
    if user.interests.strip() and bundle.text_encoder is None:
        yield "interests"


def _name(path: str, value: str) -> str:
    return f"{path}={value[:LONGEST]}"


def _limit(names: Iterable[str]) -> list[str]:
    """The names in order; at most MOST_NAMED, and then the number of the others."""
    remaining = iter(names)
    named = list(islice(remaining, MOST_NAMED))
    others = sum(1 for _ in remaining)
    return [*named, MORE.format(others)] if others else named
