"""The retrieval vector of a user: the tower's output, pushed away from rejected items, and popularity's share.

The `next` logit of an item is the inner product of its vector and bias [D + 1] with the retrieval vector [D + 1], plus
what texts add (models.language.text_preference). The service, the golden requests and the offline evaluation compute it
here.
"""

from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.events import Action, EventColumns
from models.contract.feedback import FeedbackCodes, has_action, negative_items

DISLIKE_PUSH = 3.0
"""Logits that a disliked item, and any item just like it, loses (Rocchio 1971: negative relevance feedback)."""
SKIP_PUSH = 1.0
"""The same for a skip, which says less: not this, not now."""
PUSHING_ITEMS = 10
"""The newest disliked items, and the newest skipped items, that push."""


class NegativeItems(NamedTuple):
    """The m items that push the user vector away."""

    rows: Indices  # [m] item rows, distinct; negative: not in the item table
    gains: Floats  # [m] the logits that each item loses


def pushing_items(events: EventColumns, feedback: FeedbackCodes) -> NegativeItems:
    """The items that one user disliked or skipped and did not praise since, the newest PUSHING_ITEMS of each kind.

    `events` are the user's events at the moment, oldest first, and `feedback` [n] their codes. An item that was both
    disliked and skipped counts as disliked.
    """
    if not {Action.DISLIKE, Action.SKIP} & set(events.action_names):
        return NegativeItems(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.float32))
    disliked, skipped = (
        negative_items(events.items, feedback, has_action(events, {action}))
        for action in (Action.DISLIKE, Action.SKIP)
    )
    skipped = skipped[~np.isin(skipped, disliked)]
    disliked, skipped = disliked[:PUSHING_ITEMS], skipped[:PUSHING_ITEMS]
    gains = np.repeat([DISLIKE_PUSH, SKIP_PUSH], [len(disliked), len(skipped)]).astype(np.float32)
    return NegativeItems(np.concatenate([disliked, skipped]), gains)


def push_away(vectors: Floats, mean: Floats, negative: NegativeItems) -> Floats:
    """The step [D] that lowers each negative item's logit by its gain.

    Measured from the mean item `mean` [D]: with v = vectors[row] - mean, the step is the sum of -gain * v / |v|^2.
    `vectors` [I, D] hold no bias. Items outside the table push nothing.
    """
    inside = negative.rows >= 0
    directions = vectors[negative.rows[inside]] - mean  # [m, D]
    squares = np.maximum(np.einsum("md,md->m", directions, directions), 1e-6)
    return np.asarray(-(negative.gains[inside] / squares) @ directions, dtype=np.float32)


def retrieval_vector(base: Floats, push: Floats, popularity: float, tower_events: int) -> Floats:
    """The vector [D + 1] whose inner product with [item vector, item bias] is the `next` logit.

    `base` [D] is the user tower's output after `tower_events` events, `push` [D] comes from `push_away`, `popularity`
    in [0, 1] multiplies the items' biases. It multiplies the base too where the tower read no event: the output
    for a stranger says little but what is popular.
    """
    personal = 1.0 if tower_events else popularity
    return np.append(personal * base + push, popularity).astype(np.float32)
