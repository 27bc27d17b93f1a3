"""Split groups into batches of bounded cost, so that no request waits long for a compute thread."""

from collections.abc import Hashable, Iterator, Sequence

BATCH_COST = 4_096
"""The cost of one batch in pairs: about 50 ms on one core if a user's groups share one state.

A batch takes longer if every group has a separate state, as for many past moments of one user in a file.
"""
USER_COST = 128
"""The least cost of a user, in pairs."""
ITEMS_PER_PAIR = 4_096
"""In a large catalogue a user costs, in time and memory, one pair for every so many items."""


def split_by_cost(items: int, users: Sequence[Hashable], pairs: Sequence[int]) -> Iterator[list[int]]:
    """Yield batches of group indices bounded by cost.

    `users` are the groups' users, `pairs` their numbers of pairs, `items` is the catalogue's length. The groups of a
    user are adjacent, and users are ordered by first occurrence. A group over the bound is a batch of one.
    """
    firsts: dict[Hashable, int] = {}
    order = [firsts.setdefault(user, index) for index, user in enumerate(users)]
    user_cost = max(USER_COST, items // ITEMS_PER_PAIR)
    batch: list[int] = []
    total = 0
    for index in sorted(range(len(users)), key=order.__getitem__):
        same_user = bool(batch) and order[index] == order[batch[-1]]
        cost = pairs[index] + (0 if same_user else user_cost)
        if batch and total + cost > BATCH_COST:
            yield batch
            batch, total, cost = [], 0, pairs[index] + user_cost
        batch.append(index)
        total += cost
    if batch:
        yield batch
