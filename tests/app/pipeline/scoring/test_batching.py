"""Groups cut into portions: none lost, none twice, a user's together."""

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.pipeline.scoring.batching import PORTION, USER, portions


def test_a_users_groups_come_together_in_the_order_of_users(learnt: LoadedBundle) -> None:
    users = ["a", None, "b", "a", "b", None]
    assert list(portions(learnt, users, [1] * 6)) == [[0, 3, 1, 5, 2, 4]]


def test_a_portion_is_bounded_and_none_is_lost(learnt: LoadedBundle) -> None:
    random = np.random.default_rng(3)
    users = random.integers(200, size=3000).tolist()
    pairs = random.integers(40, size=3000).tolist()
    found = list(portions(learnt, users, pairs))
    assert sorted(place for portion in found for place in portion) == list(range(3000))
    work = [
        sum(pairs[place] for place in portion) + USER * len({users[place] for place in portion})
        for portion in found
    ]
    assert max(work) <= PORTION and min(work[:-1]) > PORTION / 2


def test_a_group_that_is_too_large_is_a_portion(learnt: LoadedBundle) -> None:
    assert list(portions(learnt, ["a", "b", "c"], [1, 2 * PORTION, 1])) == [[0], [1], [2]]
