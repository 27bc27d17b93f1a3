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


@dataclass(frozen=True, slots=True)
class ColdUser:
    """A held-out user: the earlier half of the events is known, the items of the later half are to be found."""

    profile: User
    known: tuple[Event, ...]  # oldest first
    later: frozenset[str]  # new items alone
    now: float  # the moment of the first later event


def part_events(profile: User, events: Sequence[Event]) -> ColdUser | None:
    """The user with the earlier half of the events, oldest first, as known; None without a later new item."""
    middle = len(events) // 2
    known, later = tuple(events[:middle]), events[middle:]
    seen = {event.item_id for event in known}
    new = frozenset(event.item_id for event in later) - seen
    return ColdUser(profile, known, new, later[0].timestamp) if new else None


def find_favourites(known: Iterable[Event], items: Mapping[str, Item], field: str) -> tuple[str, ...]:
    """The GENRES labels of a field that most of the liked known items have; fewer where there are not so many.

    Equally frequent labels are named in the order of the alphabet.
    """
    counts: Counter[str] = Counter()
    for event in known:
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
    return UserState(user.profile.user_id, replace(told, interests=interests), user.known[:count])
