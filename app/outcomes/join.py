"""Join an event with the impression that it names: the take of an item, and the labels that the event tells."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.outcomes.cells import count_hour, name_cell
from app.outcomes.labels import read_conditions, tell_labels
from app.state.protocol import Impression, Label, LabelCell, RecordedEvent, Take
from models.contract.feature_spec import FeatureSpec
from models.contract.predicate import Predicate
from models.contract.roles import NO_ROLES, Role, Roles, role_of, take_value
from models.contract.tasks import Head

BINS = 10
"""Bins of equal width of the predictions of a head."""


@dataclass(frozen=True, slots=True)
class JoinRules:
    """How a bundle reads events: the roles of actions, and the conditions of the heads whose labels events tell."""

    roles: Roles = field(default_factory=lambda: NO_ROLES)
    conditions: Mapping[str, Predicate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Joined:
    """The take and labels that an event tells of an item that was shown; `take` is None where nothing is taken."""

    take: Take | None
    labels: tuple[Label, ...]


def make_rules(spec: FeatureSpec, heads: tuple[Head, ...]) -> JoinRules:
    """The rules of a bundle."""
    return JoinRules(spec.roles, read_conditions(heads))


def join(impression: Impression, recorded: RecordedEvent, rules: JoinRules) -> Joined | None:
    """The take and labels that an event tells of its item; None if the impression does not have the item."""
    event = recorded.event
    if event.item_id not in impression.item_ids:
        return None
    place, role = impression.item_ids.index(event.item_id), role_of(event.action, rules.roles)
    take = None
    if role is Role.TARGET:
        take = Take(
            impression.recommendation_id,
            impression.first_rank + place,
            count_hour(impression),
            name_cell(impression, place),
            take_value(event.action, event.value, rules.roles),
        )
    told = {} if role is Role.EXPOSURE else tell_labels(rules.conditions, event)
    labels = (
        _make_label(impression, place, head, is_true)
        for head, is_true in told.items()
        if head in impression.heads
    )
    return Joined(take, tuple(labels))


def _make_label(impression: Impression, place: int, head: str, is_true: bool) -> Label:
    predicted = impression.heads[head][place]
    number = min(max(int(predicted * BINS), 0), BINS - 1)
    return Label(
        impression.recommendation_id,
        impression.first_rank + place,
        count_hour(impression),
        LabelCell(head, impression.model_version, number),
        predicted,
        is_true,
    )
