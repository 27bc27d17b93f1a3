"""Simulated logs whose target policy has a known value: the intervals contain it in nine of ten repeats at least."""

from itertools import permutations

import numpy as np
import pytest

from models.contract.arrays import Doubles, Indices
from models.evaluation.off_policy.estimators import ESTIMATORS
from models.evaluation.off_policy.logged_lists import LoggedLists
from models.evaluation.off_policy.order_law import condition_on_items
from models.evaluation.off_policy.reward_model import build_features, fit_rewards
from models.evaluation.off_policy.values import estimate_values

PLACES, KINDS = 3, 6
ORDERS = np.array(list(permutations(range(PLACES))))  # [6, 3]
EXAMINED = np.array([1.0, 0.6, 0.3])
"""The share of users who look at a place."""


def order_shares(scores: Doubles, orders: Indices) -> Doubles:
    """[n, m] the probabilities of the places of orders [n, m] of draws from the softmax of scores [n, K]."""
    weights = np.exp(scores)
    drawn = np.take_along_axis(weights, orders, axis=1)
    before = np.cumsum(drawn, axis=1) - drawn
    return np.asarray(drawn / (weights.sum(axis=1, keepdims=True) - before))


def draw_orders(random: np.random.Generator, scores: Doubles, places: int) -> Indices:
    """[n, m] draws without replacement from the softmax of the scores [n, K] (Gumbel-max)."""
    return np.argsort(-(scores + random.gumbel(size=scores.shape)), axis=1)[:, :places]


class Town:
    """Users who take an item of a list with a probability of its kind, their taste, and the place."""

    def __init__(self, random: np.random.Generator, users: int, pool: int) -> None:
        self.random = random
        self.taste = random.random((users, pool)) * 0.6  # the chance that the item is taken if looked at
        self.old = random.normal(size=(users, pool))  # scores by which the log was made
        self.new = 1.5 * self.taste / 0.6 + 0.3 * self.old

    def log(self) -> tuple[LoggedLists, float]:
        """A log of one list a user, and the value of the policy that reorders its items by the new scores."""
        shown = draw_orders(self.random, self.old, PLACES)
        among_all = order_shares(self.old, shown)
        logged = np.array([condition_on_items(each) for each in among_all])
        taste, new = (np.take_along_axis(each, shown, axis=1) for each in (self.taste, self.new))
        reward = (self.random.random(taste.shape) < taste * EXAMINED).astype(float)
        users = len(taste)
        identity = np.tile(np.arange(PLACES), (users, 1))
        target = order_shares(new, identity)
        truth = sum(
            order_shares(new, np.tile(order, (users, 1))).prod(axis=1) * (taste[:, order] @ EXAMINED)
            for order in ORDERS
        )
        predicted, expected = self._model(new, reward)
        lists = LoggedLists(
            reward,
            logged,
            target,
            np.ones_like(reward, dtype=np.bool_),
            np.arange(users),
            predicted,
            expected,
        )
        return lists, float(np.mean(truth))

    @staticmethod
    def _model(new: Doubles, reward: Doubles) -> tuple[Doubles, Doubles]:
        users = len(new)
        places = np.tile(np.arange(PLACES), users)
        model = fit_rewards(build_features(new.reshape(-1, 1), places, PLACES), reward.ravel())
        guess = model[0] * new[:, None, :] + model[1:][None, :, None]  # [n, place, item]
        predicted = np.einsum("npp->np", guess)
        expected = np.zeros_like(predicted)
        for place in range(PLACES):
            weights = np.exp(new[:, place:])
            shares = weights / weights.sum(axis=1, keepdims=True)
            expected[:, place] = (shares * guess[:, place, place:]).sum(axis=1)
        return predicted, expected


@pytest.mark.parametrize(
    ("pool", "users", "repeats"),
    [(PLACES, 1_000, 60), (12, 400, 40)],
    ids=["all candidates shown", "some of them"],
)
def test_intervals_contain_the_true_value(pool: int, users: int, repeats: int) -> None:
    random = np.random.default_rng(pool)
    names = [name for name in ESTIMATORS if name != "logged"]
    hits, widths, missed = dict.fromkeys(names, 0), dict.fromkeys(names, 0.0), 0
    for repeat in range(repeats):
        lists, truth = Town(random, users, pool).log()
        values = estimate_values(lists, repeat, resamples=200)
        for name in names:
            found = values[name].value
            assert found is not None
            hits[name] += found.low <= truth <= found.high
            widths[name] += found.high - found.low
        plain = values["logged"].value
        assert plain is not None
        missed += not plain.low <= truth <= plain.high
    assert {name: hit for name, hit in hits.items() if hit < 0.9 * repeats} == {}
    assert missed > repeats - min(hits.values()), "the logged policy has another value"
    assert widths["dr"] < widths["rips"] < widths["ips"]
