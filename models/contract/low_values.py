"""The push of low values: away from items whose neighbourhood in the history the user clearly rates low."""

from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats, Mask
from models.contract.events import REJECTING_ACTIONS, EventColumns
from models.contract.feedback import Feedback, FeedbackCodes, has_action, newest_feedback
from models.contract.polarity import ValuePolarity

LOW_VALUE_PUSH = 8.0
"""Logits that an item of polarity -1 loses below the mean item: as a few similar dislikes together, which add up."""
CLEAR_POLARITY = 0.55
"""The mean polarity, below zero, from which a neighbourhood pushes; a single low value among high ones does not."""
VALUED_ITEMS = 200
"""The number of a user's newest valued items that are read."""
RIDGE = 0.1
"""Share of a direction's squared length that is added, so that nearly equal directions do not cancel out."""


class ItemVectors(NamedTuple):
    """The item vectors that a push refers to."""

    vectors: Floats  # [I, D] without bias
    mean: Floats  # [D] of the bundle's items


def push_from_low_values(
    items: ItemVectors,
    base: Floats,
    events: EventColumns,
    feedback: FeedbackCodes,
    polarity: ValuePolarity,
) -> Floats:
    """The change [D] of the user vector that lowers the logits of low-valued items, each by about its gain.

    `base` [D] is the user tower's output, `events` are the user's events up to the moment, oldest first, and `feedback`
    [n] their codes. A direction is an item's vector less the mean item. The gain of an item whose last opinion is a low
    value is LOW_VALUE_PUSH and what `base` gives its direction, if that is above 0, times a share that grows with the
    mean polarity of the newest valued items, weighted by their squared cosine to it, from 0 at -CLEAR_POLARITY to 1 at
    -1. So the push outweighs what the tower made of the same events, whatever the scale of its logits. Items of like
    direction share the change: their gains do not add up.
    """
    nothing = np.zeros(len(items.mean), dtype=np.float32)
    if min(polarity.polarity, default=0.0) > -CLEAR_POLARITY:
        return nothing
    newest = newest_feedback(events.items, feedback)
    newest = newest[(events.items[newest] >= 0) & ~np.isnan(events.values[newest])][:VALUED_ITEMS]
    is_low = (feedback[newest] == Feedback.NEGATIVE) & ~has_action(events, REJECTING_ACTIONS)[newest]
    if not is_low.any():
        return nothing
    valued = items.vectors[events.items[newest]] - items.mean  # [m, D]
    shares = measure_shares(valued, polarity.read(events.values[newest]), is_low)
    gains = shares * (LOW_VALUE_PUSH + np.maximum(valued[is_low] @ base, 0))
    return solve_push(valued[is_low][gains > 0], gains[gains > 0])


def measure_shares(valued: Floats, polarity: Floats, is_low: Mask) -> Floats:
    """The shares [l] in [0, 1] of the l low-valued among m items with directions [m, D] and polarities [m]."""
    unit = valued / np.maximum(np.linalg.norm(valued, axis=1, keepdims=True), 1e-6)
    similarity = np.maximum(unit[is_low] @ unit.T, 0) ** 2  # [l, m]
    opinion = similarity @ polarity / np.maximum(similarity.sum(axis=1), 1e-6)
    clear = np.maximum(-opinion - CLEAR_POLARITY, 0) / (1 - CLEAR_POLARITY)
    return np.asarray(clear, dtype=np.float32)


def solve_push(directions: Floats, gains: Floats) -> Floats:
    """The smallest change [D] that lowers the logit along each of m directions [m, D] by its gain [m], with a ridge.

    A single direction loses exactly its gain; each of several equal ones loses little more.
    """
    products = directions @ directions.T
    squares = np.maximum(np.diag(products), 1e-6)
    weights = np.linalg.solve(products + np.diag(RIDGE * squares), (1 + RIDGE) * gains)
    return np.asarray(-weights @ directions, dtype=np.float32)
