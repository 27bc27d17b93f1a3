"""Wire events -> events, held to what the bundle knows: its actions, values and context keys."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.api.schemas.interactions import SessionEvent
from app.errors import InvalidValueError, MissingValueError, UnknownActionError, UnknownFieldError
from models.contract.events import Action, Event
from models.contract.feature_spec import FeatureSpec
from models.contract.tasks import Head
from models.heads.registry import find_kind

AHEAD_S = 86_400.0
"""So far a sender's clock may be ahead: further away is a mistake, and would stay the newest event for ever."""
ALWAYS = ("device", "location")
"""Context keys that every request may carry, whether the bundle learned from them or not."""

_ACTIONS = frozenset(action.value for action in Action)


@dataclass(frozen=True, slots=True)
class EventRules:
    """What events are held to."""

    spec: FeatureSpec
    value_range: tuple[float, float] | None = None  # as the job states it; None: any finite value
    latest: float = math.inf  # the last moment at which an event may have happened


def rules_of(spec: FeatureSpec, heads: Sequence[Head], now: float) -> EventRules:
    """The rules of a bundle at a moment.

    Values are held only to a range that the job states, for a head that predicts the value itself. The range of
    the training values says nothing of what may come: a longer dwell time is no error.
    """
    ranges = (
        head.task.range
        for head in heads
        if find_kind(head.task.kind).needs_range and head.task.label.strip() == "value"
    )
    return EventRules(spec, next(ranges, None), now + AHEAD_S)


def to_event(rules: EventRules, given: SessionEvent, now: float, path: str = "") -> Event:
    """The event; without a time of its own it happened `now`. `path` stands before an error's field.

    Raises UnknownActionError, MissingValueError, InvalidValueError or UnknownFieldError.
    """
    spec = rules.spec
    if given.action not in _ACTIONS and given.action not in spec.actions:
        known = ", ".join(sorted({*_ACTIONS, *spec.actions.tokens}))
        raise UnknownActionError(f"expected one of {known}, given {given.action!r}", f"{path}action")
    if given.action == Action.RATE and given.value is None:
        raise MissingValueError("expected a value with a rating, given none", f"{path}value")
    if given.value is not None and rules.value_range is not None:
        low, high = rules.value_range
        if not low <= given.value <= high:
            raise InvalidValueError(
                f"expected a value in [{low:g}, {high:g}], given {given.value:g}", f"{path}value"
            )
    context = given.context or {}
    check_context(spec, context, f"{path}context.")
    when = now if given.timestamp is None else given.timestamp
    if when > rules.latest:
        raise InvalidValueError(
            f"expected a time at most a day ahead, given {when - rules.latest:.0f} s more", f"{path}timestamp"
        )
    return Event(given.item_id, given.action, when, given.value, context)


def check_context(spec: FeatureSpec, keys: Iterable[str], path: str = "context.") -> None:
    """Raises UnknownFieldError for a context key that is neither always known nor the bundle's."""
    known = {*ALWAYS, *spec.context_fields}
    for key in keys:
        if key not in known:
            raise UnknownFieldError(
                f"expected one of {', '.join(sorted(known))}, given {key[:80]!r}", f"{path}{key[:80]}"
            )


def session_events(rules: EventRules, session: Sequence[SessionEvent], now: float) -> tuple[Event, ...]:
    """A session's events, oldest first; those of one moment stay as given."""
    events = [to_event(rules, event, now, f"session.{place}.") for place, event in enumerate(session)]
    return tuple(sorted(events, key=_when))


def appended(history: tuple[Event, ...], session: tuple[Event, ...]) -> tuple[Event, ...]:
    """The history, then the session: an event that was both stored and sent along counts once."""
    stored = {_identity(event) for event in history} if session else set()
    return history + tuple(event for event in session if _identity(event) not in stored)


def _when(event: Event) -> float:
    return event.timestamp


def _identity(event: Event) -> tuple[str, str, float, float | None]:
    return event.item_id, event.action, event.timestamp, event.value


def plain_event(event: Event) -> Mapping[str, object]:
    """An event as an answer shows it."""
    return {
        "item_id": event.item_id,
        "action": event.action,
        "value": event.value,
        "timestamp": event.timestamp,
        "context": dict(event.context),
    }
