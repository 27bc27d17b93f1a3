"""Many groups cut into portions, so that whoever waits for a compute thread does not wait long."""

from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.bundle.bundle import LoadedBundle

PORTION = 4_096
"""Pairs, and what takes as long, in one portion: some 50 ms on one core, where a user's groups share one state.

Where each has a state of its own, as with many moments of one user's past in a file, it takes longer.
"""
USER = 128
"""A user is as much work as so many pairs."""
ITEMS = 4_096
"""With a large catalogue a user is as much work, and memory, as a pair for so many of its items."""


def portions(bundle: "LoadedBundle", users: Sequence[Hashable], pairs: Sequence[int]) -> Iterator[list[int]]:
    """The places of all groups, each of a user and with so many pairs, a portion at a time.

    A user's groups come together, and users in the order in which each first comes.
    """
    firsts: dict[Hashable, int] = {}
    met = [firsts.setdefault(user, place) for place, user in enumerate(users)]
    user_work = max(USER, len(bundle.catalogue) // ITEMS)
    portion: list[int] = []
    work = 0
    for place in sorted(range(len(users)), key=met.__getitem__):
        again = bool(portion) and met[place] == met[portion[-1]]
        own = pairs[place] + (0 if again else user_work)
        if portion and work + own > PORTION:
            yield portion
            portion, work, own = [], 0, pairs[place] + user_work
        portion.append(place)
        work += own
    if portion:
        yield portion
