"""The law of an order given its items, against the enumeration of all orders."""

from itertools import permutations

import numpy as np
import pytest

from models.contract.arrays import Doubles
from models.evaluation.off_policy.order_law import condition_on_items, find_shares, is_complete


def draw_propensities(shares: Doubles, order: tuple[int, ...]) -> Doubles:
    """The propensities of an order of draws without replacement."""
    left, found = 1.0, []
    for item in order:
        found.append(shares[item] / left)
        left -= shares[item]
    return np.array(found)


@pytest.mark.parametrize("concentration", [0.3, 1.0, 30.0])
@pytest.mark.parametrize("pool", [5, 60])
def test_the_law_is_that_of_all_orders_of_the_items(pool: int, concentration: float) -> None:
    shares = np.random.default_rng(pool).dirichlet(np.full(pool, concentration)) * (1 - 1e-3) + 1e-3 / pool
    items = (0, 1, 2, 3)
    orders = list(permutations(items))
    chances = np.array([draw_propensities(shares, order).prod() for order in orders])
    for order, chance in zip(orders, chances, strict=True):
        given = draw_propensities(shares, order)
        assert find_shares(given) == pytest.approx(shares[list(order)])
        conditioned = condition_on_items(given)
        assert conditioned.prod() == pytest.approx(chance / chances.sum(), rel=1e-6)
        same_start = sum(c for o, c in zip(orders, chances, strict=True) if o[:2] == order[:2])
        assert conditioned[:2].prod() == pytest.approx(same_start / chances.sum(), rel=1e-6)
        assert conditioned[-1] == pytest.approx(1)


def test_a_list_of_all_candidates_keeps_its_propensities() -> None:
    given = np.array([0.5, 0.2, 1.0])
    assert is_complete(given) and condition_on_items(given) is given
    assert not is_complete(np.array([0.5, 0.2]))


def test_a_single_item_is_sure() -> None:
    assert condition_on_items(np.array([0.013])) == pytest.approx([1.0])
