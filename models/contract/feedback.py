"""Event feedback: each event rated positive, neutral, negative or none; liked and rejected items.

The functions below `read_feedback` take the events of one user at one moment, oldest first, as arrays: item rows
`items` [n] and feedback codes `feedback` [n]. `models.contract.events.user_events` gives the columns of one user; slice
the codes with the same offsets.
"""

from collections.abc import Container, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices, Mask
from models.contract.events import (
    EXPOSURE_ACTIONS,
    REJECTING_ACTIONS,
    UNTAKEN_ACTIONS,
    Action,
    EventColumns,
)
from models.contract.vocabulary import Vocabulary

INTENT_ACTIONS = frozenset({Action.PURCHASE, Action.CART, Action.SAVE, Action.SHARE})
"""Actions by which a user wants an item, whether or not they like it later."""
POSITIVE_ACTIONS = INTENT_ACTIONS | {Action.LIKE}
MIDDLE = 0.5
LIKED_FROM = 0.625
"""Shares of the value range: below MIDDLE a value is negative, from LIKED_FROM up positive, in between neutral.

LIKED_FROM is halfway between the middle and the upper quarter, 3.5 on a scale of 1 to 5 stars. Three of five stars is
neutral: most people give it to an item that was acceptable.
"""

FeedbackCodes = NDArray[np.int8]
"""One value of Feedback per event."""


class Feedback(IntEnum):
    """The user's opinion of an item that an event expresses."""

    NONE = 0  # no opinion, such as a view; earlier feedback stays valid
    NEGATIVE = 1
    NEUTRAL = 2  # a value in the middle: it cancels earlier positive or negative feedback
    POSITIVE = 3


def read_feedback(events: EventColumns, value_range: tuple[float, float] | None) -> FeedbackCodes:
    """Feedback codes [n] of n events of any number of users.

    The action decides if it is positive or negative (a like, a purchase, a dislike, a skip). Otherwise the value
    decides, by its share of `value_range` (see LIKED_FROM). Without a range of two distinct values there is none.
    """
    by_action = np.array([_action_feedback(name) for name in events.action_names], dtype=np.int8)
    feedback: FeedbackCodes = by_action[events.actions] if len(events) else np.zeros(0, dtype=np.int8)
    if value_range is None or value_range[0] == value_range[1]:
        return feedback
    low, high = np.float32(value_range[0]), np.float32(value_range[1])  # the values are float32 too
    share = (events.values - low) / (high - low)
    by_value = np.where(share < MIDDLE, Feedback.NEGATIVE, Feedback.NEUTRAL)
    by_value = np.where(share >= LIKED_FROM, Feedback.POSITIVE, by_value)
    by_value = np.where(np.isnan(share), Feedback.NONE, by_value)
    return np.where(feedback == Feedback.NONE, by_value, feedback).astype(np.int8)


def newest_feedback(items: Indices, feedback: FeedbackCodes) -> Indices:
    """Positions [m] of each item's last event with feedback other than NONE, newest first."""
    return _newest_of_each(items, np.flatnonzero(feedback != Feedback.NONE))


def last_liked(items: Indices, feedback: FeedbackCodes) -> int | None:
    """The row of the newest item of the item table whose last feedback is positive; None if there is none."""
    newest = newest_feedback(items, feedback)
    liked = newest[(feedback[newest] == Feedback.POSITIVE) & (items[newest] >= 0)]
    return int(items[liked[0]]) if len(liked) else None


def liked_items(items: Indices, feedback: FeedbackCodes, intent: Mask) -> Indices:
    """Rows of the items whose last feedback is positive and not mere intent, newest first.

    `intent` [n] marks the events of INTENT_ACTIONS (see `has_action`): a purchase, a save or a share shows that the
    user wanted the item, not that they liked it.
    """
    newest = newest_feedback(items, feedback)
    rows: Indices = items[newest[(feedback[newest] == Feedback.POSITIVE) & ~intent[newest]]]
    return rows


def wanted_items(items: Indices, feedback: FeedbackCodes) -> Indices:
    """Rows of the items whose last feedback is positive; if there are none, of all items not rejected."""
    newest = newest_feedback(items, feedback)
    positive: Indices = items[newest[feedback[newest] == Feedback.POSITIVE]]
    if len(positive):
        return positive
    rejected = items[newest[feedback[newest] == Feedback.NEGATIVE]]
    return np.setdiff1d(items, rejected)


def negative_items(items: Indices, feedback: FeedbackCodes, negative: Mask) -> Indices:
    """Rows of the items with a `negative` [n] event and no later positive event, newest first."""
    if not negative.any():
        return np.zeros(0, dtype=np.int64)
    relevant = np.flatnonzero(negative | (feedback == Feedback.POSITIVE))
    newest = _newest_of_each(items, relevant)
    rows: Indices = items[newest[feedback[newest] != Feedback.POSITIVE]]
    return rows


def has_action(events: EventColumns, actions: Container[str]) -> Mask:
    """Mask [n]: True for the events with one of the actions."""
    return _mark_actions(events, [name in actions for name in events.action_names])


def history_events(events: EventColumns, learned: Vocabulary) -> Mask:
    """Mask [n]: True for the events of the history; `learned` holds the actions in the training data.

    Skips and impressions are left out if training had none: the network would read them as interest.
    """
    weak = EXPOSURE_ACTIONS | {Action.SKIP}
    return _mark_actions(events, [name not in weak or name in learned for name in events.action_names])


def tower_events(events: EventColumns, learned: Vocabulary) -> Mask:
    """Mask [n]: True for the events that the user tower reads; `learned` holds the actions in the training data.

    Skips, dislikes and impressions are left out if training had none: the tower would read them as interest. The
    scorer's target attention reads such a dislike, because it also reads the value.
    """
    return _mark_actions(
        events, [name not in UNTAKEN_ACTIONS or name in learned for name in events.action_names]
    )


def _action_feedback(action: str) -> Feedback:
    if action in REJECTING_ACTIONS:
        return Feedback.NEGATIVE
    return Feedback.POSITIVE if action in POSITIVE_ACTIONS else Feedback.NONE


def _newest_of_each(items: Indices, positions: Indices) -> Indices:
    """The last of the ascending positions of each item, in descending order."""
    backwards = positions[::-1]
    _, first = np.unique(items[backwards], return_index=True)
    return np.asarray(backwards[np.sort(first)])


def _mark_actions(events: EventColumns, flags: Sequence[bool]) -> Mask:
    """Mask [n] of the events, from one flag for each of `events.action_names`."""
    return np.array(flags, dtype=np.bool_)[events.actions] if len(events) else np.zeros(0, dtype=np.bool_)
