"""The push of negative feedback: how far a user's dislikes, skips and low values move the retrieval vector."""

from collections.abc import Iterable

from models.contract.arrays import Floats
from models.contract.events import REJECTING_ACTIONS, EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.feedback import FeedbackCodes
from models.contract.low_values import ItemVectors, push_from_low_values
from models.contract.polarity import ValuePolarity
from models.contract.user_vector import push_away, pushing_items


def measure_push(
    items: ItemVectors,
    base: Floats,
    events: EventColumns,
    feedback: FeedbackCodes,
    polarity: ValuePolarity,
) -> Floats:
    """The change [D] of the user vector `base` [D] after a user's events up to the moment, oldest first; codes [n]."""
    push = push_away(items.vectors, items.mean, pushing_items(events, feedback))
    return push + push_from_low_values(items, base, events, feedback, polarity)


def may_push(spec: FeatureSpec, action_names: Iterable[str]) -> bool:
    """False if no event with one of these actions can push, so that a whole log needs no push."""
    return bool(REJECTING_ACTIONS & set(action_names)) or min(spec.polarity.polarity, default=0.0) < 0
