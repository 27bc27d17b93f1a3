"""The retrieval vector of a user: tower output, negative feedback, weights of popularity.

An item's row [D + 2] of the item table is its vector, its bias and its recent popularity. The `next` logit is the inner
product of that row with the retrieval vector [D + 2], plus the logits of item links and of text preferences
(models.language.text_preference). The service, the golden requests and the offline evaluation share this definition.
"""

from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.events import Action, EventColumns
from models.contract.feedback import FeedbackCodes, has_action, negative_items

DISLIKE_PUSH = 3.0
"""The logits that a disliked item, and an item with the same vector, loses (Rocchio 1971)."""
SKIP_PUSH = 1.0
"""The same for a skipped item, a weaker signal."""
BIAS_COLUMNS = 2
"""The columns of an item's row after its vector: bias, recent popularity."""
PUSHING_ITEMS = 10
"""The number of newest disliked items, and of newest skipped items, that have an effect."""


class NegativeItems(NamedTuple):
    """The m rejected items that the user vector is moved away from."""

    rows: Indices  # [m] item rows, distinct; negative: not in the item table
    gains: Floats  # [m] the logits that each item loses; >= 0


def pushing_items(events: EventColumns, feedback: FeedbackCodes) -> NegativeItems:
    """The items that a user disliked or skipped without a later positive event, the newest PUSHING_ITEMS of each kind.

    `events` are the user's events up to the moment, oldest first, and `feedback` [n] their codes. An item that was both
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
    """The change [D] of the user vector that lowers each negative item's logit by its gain.

    With v = vectors[row] - mean, the change is the sum of -gain * v / |v|^2. `vectors` [I, D] are without bias, `mean`
    [D] is the mean item. Items outside the table have no effect.
    """
    inside = negative.rows >= 0
    directions = vectors[negative.rows[inside]] - mean  # [m, D]
    squares = np.maximum(np.einsum("md,md->m", directions, directions), 1e-6)
    return np.asarray(-(negative.gains[inside] / squares) @ directions, dtype=np.float32)


def strip_bias(rows: Floats) -> Floats:
    """The vectors [..., D] of rows [..., D + 2] of the item table."""
    return rows[..., :-BIAS_COLUMNS]


def add_bias(vectors: Floats, bias: Floats, recent: Floats) -> Floats:
    """Rows [n, D + 2] of the item table from vectors [n, D], biases [n] and recent popularity [n]."""
    return np.concatenate([vectors, bias[:, None], recent[:, None]], axis=1).astype(np.float32)


def retrieval_vector(
    base: Floats, push: Floats, popularity: float, tower_events: int, recency: float
) -> Floats:
    """The vector [D + 2] whose inner product with [item vector, bias, recent popularity] is the `next` logit.

    `base` [D] is the user tower's output after `tower_events` events, `push` [D] comes from `push_away`, `popularity`
    in [0, 1] multiplies the items' biases, and with the gain `recency` their recent popularity. It also multiplies the
    base if the tower read no event: the output for an unknown user mainly expresses popularity.
    """
    personal = 1.0 if tower_events else popularity
    return weigh_recency(np.append(personal * base + push, [popularity, 0.0]).astype(np.float32), recency)


def weigh_recency(vector: Floats, recency: float) -> Floats:
    """A retrieval vector [D + 2] with another gain of recent popularity."""
    return np.append(vector[:-1], vector[-2] * np.float32(recency)).astype(np.float32)
