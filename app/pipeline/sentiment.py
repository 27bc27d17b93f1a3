"""What an event says of its item: wanted, not wanted, or nothing either way."""

from collections.abc import Sequence
from enum import StrEnum

from models.contract.events import NEGATIVE_ACTIONS, Action, Event

POSITIVE_ACTIONS = frozenset({Action.LIKE, Action.PURCHASE, Action.SAVE, Action.SHARE})
UNWANTED_ACTIONS = NEGATIVE_ACTIONS | {Action.SKIP}


class Sentiment(StrEnum):
    """How an event speaks of its item."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


def sentiment(event: Event, value_range: tuple[float, float] | None) -> Sentiment:
    """By the action where it says so, else by the value: positive from the middle of the range up."""
    if event.action in UNWANTED_ACTIONS:
        return Sentiment.NEGATIVE
    if event.action in POSITIVE_ACTIONS:
        return Sentiment.POSITIVE
    if event.value is None or value_range is None:
        return Sentiment.NEUTRAL
    return Sentiment.POSITIVE if event.value >= sum(value_range) / 2 else Sentiment.NEGATIVE


def newest_sentiments(
    events: Sequence[Event], value_range: tuple[float, float] | None
) -> list[tuple[Event, Sentiment]]:
    """For each item the last event that says anything of it, the newest first; events oldest first."""
    found: dict[str, tuple[Event, Sentiment]] = {}
    for event in reversed(events):
        said = sentiment(event, value_range)
        if said is not Sentiment.NEUTRAL and event.item_id not in found:
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
