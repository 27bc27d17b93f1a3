"""Convert wire events into events, and check actions, values and times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.api.schemas.events import SessionEvent
from app.errors import InvalidValueError, MissingValueError, UnknownActionError
from models.contract.events import Action, Event
from models.contract.feature_spec import FeatureSpec
from models.contract.nearest import suggest
from models.contract.tasks import Head
from models.heads.registry import find_kind

MAX_AHEAD_S = 86_400.0
"""How far a client's clock may be ahead. An event in the far future would stay the newest one."""

_ACTIONS = frozenset(action.value for action in Action)


@dataclass(frozen=True, slots=True)
class EventRules:
    """A bundle's limits for events, at one moment."""

    spec: FeatureSpec
    value_range: tuple[float, float] | None = None  # of values; None: any finite value
    latest: float = math.inf  # the latest time of an event, in Unix seconds


def build_rules(spec: FeatureSpec, heads: Sequence[Head], now: float) -> EventRules:
    """The rules of a bundle at a moment.

    Only the range of a head that predicts the value limits values. The range of the training values does not: a
    dwell time longer than any before is valid.
    """
    ranges = (
        head.task.range
        for head in heads
        if find_kind(head.task.kind).needs_range and head.task.label.strip() == "value"
    )
    return EventRules(spec, next(ranges, None), now + MAX_AHEAD_S)


def to_event(rules: EventRules, wire: SessionEvent, now: float, path: str = "") -> Event:
    """The event, at time `now` if it has no timestamp. `path` is the prefix of an error's field.

    Raises UnknownActionError, MissingValueError or InvalidValueError. Any context key is accepted: the log keeps it.
    """
    spec = rules.spec
    if wire.action not in _ACTIONS and wire.action not in spec.actions and wire.action not in spec.roles:
        names = sorted({*_ACTIONS, *spec.actions.tokens, *spec.roles})
        raise UnknownActionError(
            f"expected one of {', '.join(names)}, given {wire.action!r}{suggest(wire.action, names)}",
            f"{path}action",
        )
    if wire.action == Action.RATE and wire.value is None:
        raise MissingValueError("expected a value with a rating, given none", f"{path}value")
    if wire.value is not None and rules.value_range is not None:
        low, high = rules.value_range
        if not low <= wire.value <= high:
            raise InvalidValueError(
                f"expected a value in [{low:g}, {high:g}], given {wire.value:g}", f"{path}value"
            )
    when = now if wire.timestamp is None else wire.timestamp
    if when > rules.latest:
        raise InvalidValueError(
            f"expected a time at most a day ahead, given {when - rules.latest:.0f} s more", f"{path}timestamp"
        )
    return Event(wire.item_id, wire.action, when, wire.value, wire.context or {}, wire.text or "")


def to_session(rules: EventRules, session: Sequence[SessionEvent], now: float) -> tuple[Event, ...]:
    """A session's events, oldest first; events of the same time keep their order."""
    events = [to_event(rules, event, now, f"session.{index}.") for index, event in enumerate(session)]
    return tuple(sorted(events, key=lambda event: event.timestamp))


def append_session(history: tuple[Event, ...], session: tuple[Event, ...]) -> tuple[Event, ...]:
    """The history, followed by the session's events that are not in the history."""
    stored_keys = {_key(event) for event in history} if session else set()
    return history + tuple(event for event in session if _key(event) not in stored_keys)


def _key(event: Event) -> tuple[str, str, float, float | None]:
    """The key of equal events."""
    return event.item_id, event.action, event.timestamp, event.value
