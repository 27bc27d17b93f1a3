"""Many groups split into batches of bounded cost, so that nobody waits long for a compute thread."""

from collections.abc import Hashable, Iterator, Sequence

BATCH_COST = 4_096
"""The cost of one batch in pairs: some 50 ms on one core where a user's groups share one state.

A batch takes longer where each group has a state to itself, as for many past moments of one user in a file.
"""
USER_COST = 128
"""A user costs as much as this many pairs."""
ITEMS_PER_PAIR = 4_096
"""With a large catalogue a user costs, in time and memory, a pair for each so many of its items."""


def split_by_cost(items: int, users: Sequence[Hashable], pairs: Sequence[int]) -> Iterator[list[int]]:
    """Yield batches of group positions bounded by cost.

    `users` are the groups' users, `pairs` their numbers of pairs, `items` the catalogue's length. A user's groups
    come together, and users in the order in which each first comes. A group past the bound comes alone.
    """
    firsts: dict[Hashable, int] = {}
    order = [firsts.setdefault(user, position) for position, user in enumerate(users)]
    user_cost = max(USER_COST, items // ITEMS_PER_PAIR)
    batch: list[int] = []
    total = 0
    for position in sorted(range(len(users)), key=order.__getitem__):
        same_user = bool(batch) and order[position] == order[batch[-1]]
        cost = pairs[position] + (0 if same_user else user_cost)
        if batch and total + cost > BATCH_COST:
            yield batch
            batch, total, cost = [], 0, pairs[position] + user_cost
        batch.append(position)
        total += cost
    if batch:
        yield batch
