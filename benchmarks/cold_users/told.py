"""What the service is told of a cold user: the first events, a profile, stated interests, or nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.contract.catalogue import Item, User, UserState
from models.contract.events import Event

LIKED = 4.0
"""The least value of a liked item."""
GENRES = 3
"""Labels that a user states."""
FIRST = 5
"""Events that the service may be told of."""


@dataclass(frozen=True, slots=True)
class ColdUser:
    """A held-out user. Events are told, items are to be found, and interests are stated, from three parts of the log.

    So no item to be found is in what is stated.
    """

    profile: User
    first: tuple[Event, ...]  # FIRST, oldest first
    wanted: frozenset[str]  # the new items of the other events of the earlier half
    later: tuple[Event, ...]  # the later half, of which the interests are
    now: float  # the moment of the first event after FIRST

    @property
    def excluded(self) -> frozenset[str]:
        """The items that are in no list: those of the other parts."""
        return frozenset(event.item_id for event in (*self.first, *self.later)) - self.wanted


def part_events(profile: User, events: Sequence[Event]) -> ColdUser | None:
    """The user with these events, oldest first; None without a new item after the FIRST in the earlier half."""
    middle = len(events) // 2
    first, after, later = tuple(events[:FIRST]), events[FIRST:middle], tuple(events[max(FIRST, middle) :])
    wanted = frozenset(event.item_id for event in after) - {event.item_id for event in first}
    return ColdUser(profile, first, wanted, later, after[0].timestamp) if wanted else None


def find_favourites(events: Iterable[Event], items: Mapping[str, Item], field: str) -> tuple[str, ...]:
    """The GENRES labels of a field that most of the liked items have; fewer where there are not so many.

    Equally frequent labels are named in the order of the alphabet.
    """
    counts: Counter[str] = Counter()
    for event in events:
        labels = items[event.item_id].attributes.get(field, ()) if event.item_id in items else ()
        if event.value is None or event.value >= LIKED:
            counts.update(labels if isinstance(labels, tuple) else ())
    return tuple(sorted(counts, key=lambda name: (-counts[name], name))[:GENRES])


def state_interests(favourites: Sequence[str]) -> str:
    """The labels as a plain sentence; "" without any."""
    if not favourites:
        return ""
    *others, last = favourites
    first = f"{', '.join(others)} and " if others else ""
    return f"I like {first}{last} movies"


def tell(user: ColdUser, count: int, *, profile: bool, interests: str) -> UserState:
    """The state of the user as the service has it: the first `count` events, and what else is told."""
    told = user.profile if profile else replace(user.profile, attributes={})
    return UserState(user.profile.user_id, replace(told, interests=interests), user.first[:count])
