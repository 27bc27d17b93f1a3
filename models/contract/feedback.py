"""What an event says of its item: wanted, not wanted, or nothing either way."""

from collections.abc import Sequence
from enum import StrEnum

from models.contract.events import NEGATIVE_ACTIONS, Action, Event

WANTING_ACTIONS = frozenset({Action.PURCHASE, Action.SAVE, Action.SHARE})
POSITIVE_ACTIONS = WANTING_ACTIONS | {Action.LIKE}
UNWANTED_ACTIONS = NEGATIVE_ACTIONS | {Action.SKIP}
MIDDLE = 0.5
LIKED_FROM = 0.625
"""Of the range of values: half way between its middle and its upper quarter, 3.5 of 1 to 5 stars. The middle is no
praise, as three of five stars is what most people give to what was all right; below it a value is a complaint.
"""


class Sentiment(StrEnum):
    """How an event speaks of its item."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


def sentiment(event: Event, value_range: tuple[float, float] | None) -> Sentiment:
    """By the action where it says so, else by the value: negative below the middle, positive from LIKED_FROM up."""
    return _said(event, value_range) or Sentiment.NEUTRAL


def newest_sentiments(
    events: Sequence[Event], value_range: tuple[float, float] | None
) -> list[tuple[Event, Sentiment]]:
    """For each item the last event that says anything of it, the newest first; events oldest first.

    A value in the middle says something: neither. A view says nothing.
    """
    found: dict[str, tuple[Event, Sentiment]] = {}
    for event in reversed(events):
        said = _said(event, value_range)
        if said is not None and event.item_id not in found:
            found[event.item_id] = (event, said)
    return list(found.values())


def latest_sentiments(
    events: Sequence[Event], value_range: tuple[float, float] | None
) -> dict[str, Sentiment]:
    """Item id -> what the last event about it says that says anything; neutral where none does."""
    found = dict.fromkeys((event.item_id for event in events), Sentiment.NEUTRAL)
    return found | {event.item_id: said for event, said in newest_sentiments(events, value_range)}


def last_liked(events: Sequence[Event], value_range: tuple[float, float] | None) -> str | None:
    """The item of the newest positive event that no later event takes back; None without one."""
    newest = newest_sentiments(events, value_range)
    return next((event.item_id for event, said in newest if said is Sentiment.POSITIVE), None)


def liked_items(events: Sequence[Event], value_range: tuple[float, float] | None) -> frozenset[str]:
    """The items that the user said they like: who bought, saved or shared one wanted it, which is not the same."""
    return frozenset(
        event.item_id
        for event, said in newest_sentiments(events, value_range)
        if said is Sentiment.POSITIVE and event.action not in WANTING_ACTIONS
    )


def wanted_items(events: Sequence[Event], value_range: tuple[float, float] | None) -> list[str]:
    """The items of positive events; of a user who praises nothing, those of which they said nothing bad."""
    latest = latest_sentiments(events, value_range)
    praised = [item_id for item_id, said in latest.items() if said is Sentiment.POSITIVE]
    return praised or [item_id for item_id, said in latest.items() if said is Sentiment.NEUTRAL]


def _said(event: Event, value_range: tuple[float, float] | None) -> Sentiment | None:
    """None where the event says nothing: no value, or one out of a range that has only one."""
    if event.action in UNWANTED_ACTIONS:
        return Sentiment.NEGATIVE
    if event.action in POSITIVE_ACTIONS:
        return Sentiment.POSITIVE
    if event.value is None or value_range is None or value_range[0] == value_range[1]:
        return None
    low, high = value_range
    share = (event.value - low) / (high - low)
    if share < MIDDLE:
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if share >= LIKED_FROM else Sentiment.NEUTRAL
