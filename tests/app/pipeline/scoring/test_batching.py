"""Groups split into batches: none lost, none twice, a user's together."""

import numpy as np

from app.pipeline.scoring.batching import BATCH_COST, USER_COST, split_by_cost


def test_a_users_groups_come_together_in_the_order_of_users() -> None:
    users = ["a", None, "b", "a", "b", None]
    assert list(split_by_cost(80, users, [1] * 6)) == [[0, 3, 1, 5, 2, 4]]


def test_a_batch_is_bounded_and_no_group_is_lost() -> None:
    random = np.random.default_rng(3)
    users = random.integers(200, size=3000).tolist()
    pairs = random.integers(40, size=3000).tolist()
    batches = list(split_by_cost(80, users, pairs))
    assert sorted(position for batch in batches for position in batch) == list(range(3000))
    work = [
        sum(pairs[position] for position in batch) + USER_COST * len({users[position] for position in batch})
        for batch in batches
    ]
    assert max(work) <= BATCH_COST and min(work[:-1]) > BATCH_COST / 2


def test_a_group_past_the_bound_comes_alone() -> None:
    assert list(split_by_cost(80, ["a", "b", "c"], [1, 2 * BATCH_COST, 1])) == [[0], [1], [2]]


def test_with_a_large_catalogue_a_user_costs_more() -> None:
    users, pairs = list(range(4)), [1] * 4
    assert list(split_by_cost(4096 * 2048, users, pairs)) == [[0], [1], [2], [3]]
    assert list(split_by_cost(4096 * 2047, users, pairs)) == [[0, 1], [2, 3]]
