"""What each event says about its item: positive, neutral, negative, or nothing. Shared by training and service.

The functions below `read_feedback` take the events of one user at one moment, oldest first, as arrays: item rows
`items` [n] and feedback codes `feedback` [n]. Cut a moment out of the columns of many users with
`models.contract.events.user_events`, and the codes by the same offsets.
"""

from collections.abc import Container, Sequence
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices, Mask
from models.contract.events import NEGATIVE_ACTIONS, Action, EventColumns
from models.contract.vocabulary import Vocabulary

WANTING_ACTIONS = frozenset({Action.PURCHASE, Action.SAVE, Action.SHARE})
POSITIVE_ACTIONS = WANTING_ACTIONS | {Action.LIKE}
UNWANTED_ACTIONS = NEGATIVE_ACTIONS | {Action.SKIP}
MIDDLE = 0.5
LIKED_FROM = 0.625
"""As a share of the value range: halfway between its middle and its upper quarter, 3.5 of 1 to 5 stars. The middle
is no praise, since three of five stars is what most people give to an item that was all right; below the middle a
value is a complaint.
"""

FeedbackCodes = NDArray[np.int8]
"""Values of Feedback, one an event."""


class Feedback(IntEnum):
    """What an event says about its item."""

    NONE = 0  # nothing, such as a view; it takes nothing back
    NEGATIVE = 1
    NEUTRAL = 2  # a value in the middle: it takes earlier praise or blame back
    POSITIVE = 3


def read_feedback(events: EventColumns, value_range: tuple[float, float] | None) -> FeedbackCodes:
    """The feedback [n] of n events of any number of users.

    The action decides where it can (a like, a purchase, a dislike, a skip); otherwise the value does: negative below
    the middle of `value_range`, positive from LIKED_FROM up. A range of one value, or none, says nothing.
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
    """Positions [m] of each item's last event with any feedback, the newest first."""
    return _newest_of_each(items, np.flatnonzero(feedback != Feedback.NONE))


def last_liked(items: Indices, feedback: FeedbackCodes) -> int | None:
    """The item row of the newest positive event that no later event of that item takes back; None without one."""
    newest = newest_feedback(items, feedback)
    liked = newest[feedback[newest] == Feedback.POSITIVE]
    return int(items[liked[0]]) if len(liked) else None


def liked_items(items: Indices, feedback: FeedbackCodes, wanting: Mask) -> Indices:
    """Rows of the items that the user praised, the newest first.

    `wanting` [n] marks the events of WANTING_ACTIONS (see `has_action`): a purchase, a save or a share shows that the
    user wanted the item, not that they liked it.
    """
    newest = newest_feedback(items, feedback)
    rows: Indices = items[newest[(feedback[newest] == Feedback.POSITIVE) & ~wanting[newest]]]
    return rows


def wanted_items(items: Indices, feedback: FeedbackCodes) -> Indices:
    """Rows of the items whose last feedback is positive; without any, of those with no negative last feedback."""
    newest = newest_feedback(items, feedback)
    positive: Indices = items[newest[feedback[newest] == Feedback.POSITIVE]]
    if len(positive):
        return positive
    rejected = items[newest[feedback[newest] == Feedback.NEGATIVE]]
    return np.setdiff1d(items, rejected)


def negative_items(items: Indices, feedback: FeedbackCodes, negative: Mask) -> Indices:
    """Rows of the items rejected by a `negative` [n] event that no later positive event takes back, newest first."""
    if not negative.any():
        return np.zeros(0, dtype=np.int64)
    relevant = np.flatnonzero(negative | (feedback == Feedback.POSITIVE))
    newest = _newest_of_each(items, relevant)
    rows: Indices = items[newest[feedback[newest] != Feedback.POSITIVE]]
    return rows


def has_action(events: EventColumns, actions: Container[str]) -> Mask:
    """[n] True for the events of these actions."""
    return _of_names(events, [name in actions for name in events.action_names])


def history_events(events: EventColumns, learned: Vocabulary) -> Mask:
    """[n] True for the events that count as history, given the actions that training knew.

    A skip does not where training knew none: the network would take it for interest.
    """
    return _of_names(events, [name != Action.SKIP or name in learned for name in events.action_names])


def tower_events(events: EventColumns, learned: Vocabulary) -> Mask:
    """[n] True for the events that the user tower reads, given the actions that training knew.

    Neither an unlearned skip nor an unlearned dislike: the tower would take either for interest. The scorer's target
    attention reads an unlearned dislike all the same, since it sees the value.
    """
    unwanted = UNWANTED_ACTIONS
    return _of_names(events, [name not in unwanted or name in learned for name in events.action_names])


def _action_feedback(action: str) -> Feedback:
    if action in UNWANTED_ACTIONS:
        return Feedback.NEGATIVE
    return Feedback.POSITIVE if action in POSITIVE_ACTIONS else Feedback.NONE


def _newest_of_each(items: Indices, positions: Indices) -> Indices:
    """Of ascending positions the last of each item, in descending order."""
    backwards = positions[::-1]
    _, first = np.unique(items[backwards], return_index=True)
    return np.asarray(backwards[np.sort(first)])


def _of_names(events: EventColumns, flags: Sequence[bool]) -> Mask:
    return np.array(flags, dtype=np.bool_)[events.actions] if len(events) else np.zeros(0, dtype=np.bool_)
