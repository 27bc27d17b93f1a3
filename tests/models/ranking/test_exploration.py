"""Exploration: exact propensities, the strength's ends, and diversity and caps that hold over it."""

from itertools import pairwise

import numpy as np
import pytest

from models.ranking.exploration import (
    SPREAD,
    TEMPERATURE,
    Exploration,
    Explorer,
    Policy,
    measure_spread,
    pick_best,
)
from models.ranking.rerank import Diversity, rerank
from models.ranking.tiers import Pool, rerank_tiers

VALUES = np.array([0.2, 1.0, -np.inf, 0.6])
BY_RELEVANCE = np.array([1, 3, 0, 2])
POLICIES = [Policy.EPSILON, Policy.SOFTMAX, Policy.THOMPSON]


def explorer(policy: Policy, strength: float, seed: int) -> Explorer:
    return Explorer(Exploration(policy, strength, seed, np.full(4, 0.3, dtype=np.float32)))


def draw(policy: Policy, strength: float, times: int) -> tuple[np.ndarray, np.ndarray]:
    """The share of each candidate, and the propensity that each said at its draws (NaN if never drawn)."""
    counts, said = np.zeros(4), np.full(4, np.nan)
    for seed in range(times):
        one = explorer(policy, strength, seed)
        chosen = one.choose(VALUES, BY_RELEVANCE)
        counts[chosen] += 1
        said[chosen] = one.propensities[0]
    return counts / times, said


def test_epsilon_by_hand() -> None:
    """Three candidates are open: .3 / 3 for each, and .7 more for the best."""
    shares, said = draw(Policy.EPSILON, 0.3, 4_000)
    np.testing.assert_allclose(said[[0, 1, 3]], [0.1, 0.8, 0.1])
    np.testing.assert_allclose(shares, [0.1, 0.8, 0, 0.1], atol=0.03)


def test_softmax_by_hand() -> None:
    """With the temperature .1: exp(-8), 1 and exp(-4), over their sum."""
    weights = np.exp(np.array([-8, 0, -np.inf, -4]) * (0.1 / (0.5 * TEMPERATURE)))
    shares, said = draw(Policy.SOFTMAX, 0.5, 4_000)
    expected = weights / weights.sum()
    np.testing.assert_allclose(said[[1, 3]], expected[[1, 3]], rtol=1e-6)
    np.testing.assert_allclose(shares, expected, atol=0.02)


def test_thompson_estimates_what_it_draws() -> None:
    shares, said = draw(Policy.THOMPSON, 1.0, 4_000)
    assert shares[2] == 0 and 0.05 < shares[3] < 0.5
    assert said[1] == pytest.approx(shares[1], abs=0.12)
    assert said[3] == pytest.approx(shares[3], abs=0.12)


@pytest.mark.parametrize("policy", POLICIES)
def test_without_strength_the_best_is_sure(policy: Policy) -> None:
    one = explorer(policy, 0.0, 7)
    assert one.choose(VALUES, BY_RELEVANCE) == pick_best(VALUES, BY_RELEVANCE) == 1
    assert one.propensities == [1.0]


def test_a_known_item_is_less_uncertain() -> None:
    np.testing.assert_allclose(measure_spread(np.array([0.0, 3.0, 99.0])), SPREAD / np.array([1, 2, 10]))


def pool(count: int = 30) -> Pool:
    random = np.random.default_rng(4)
    labels = [frozenset({f"c{number % 3}"}) for number in range(count)]
    vectors = random.standard_normal((count, 8)).astype(np.float32)
    scores = np.linspace(1, 0, count, dtype=np.float32)
    return Pool(scores, vectors, labels)


def explore(policy: Policy, strength: float, seed: int) -> Exploration:
    return Exploration(policy, strength, seed, np.full(30, 0.5, dtype=np.float32))


@pytest.mark.parametrize("method", ["none", "mmr", "dpp"])
@pytest.mark.parametrize("policy", POLICIES)
def test_a_list_is_drawn_without_repetition_and_reproducibly(policy: Policy, method: str) -> None:
    items = pool()

    def draw_list(seed: int) -> tuple[list[int], list[float]]:
        diversity = Diversity(method, 0.3, exploration=explore(policy, 0.5, seed))
        ranked = rerank(items.scores, items.vectors, items.labels, diversity, 10)
        assert ranked.propensity is not None
        return ranked.order.tolist(), ranked.propensity.tolist()

    order, propensity = draw_list(1)
    assert (order, propensity) == draw_list(1)
    assert len(set(order)) == 10 and all(0 < value <= 1 for value in propensity)
    assert any(draw_list(seed)[0] != order for seed in range(2, 8))


@pytest.mark.parametrize("policy", POLICIES)
def test_the_category_cap_holds(policy: Policy) -> None:
    items = pool()
    for seed in range(20):
        diversity = Diversity("mmr", 0.2, max_per_category=3, exploration=explore(policy, 1.0, seed))
        ranked = rerank(items.scores, items.vectors, items.labels, diversity, 9)
        labels = [min(items.labels[position]) for position in ranked.order.tolist()]
        assert all(labels.count(label) == 3 for label in set(labels))


def test_a_run_limit_holds_and_unknown_propensities_are_said() -> None:
    items = pool()
    for seed in range(20):
        diversity = Diversity("none", 0.0, max_consecutive=1, exploration=explore(Policy.SOFTMAX, 1.0, seed))
        ranked = rerank(items.scores, items.vectors, items.labels, diversity, 9)
        labels = [items.labels[position] for position in ranked.order.tolist()]
        assert all(one != other for one, other in pairwise(labels))
        assert ranked.propensity is not None and len(ranked.propensity) == 9


def test_a_tier_stays_first() -> None:
    items, first = pool(), np.arange(30) % 2 == 1
    diversity = Diversity("mmr", 0.3, exploration=explore(Policy.EPSILON, 1.0, 3))
    ranked = rerank_tiers(items, first, diversity, 20)
    assert first[ranked.order].tolist() == [True] * 15 + [False] * 5
    assert ranked.propensity is not None and len(ranked.propensity) == 20


def test_thompson_without_spread_is_refused() -> None:
    with pytest.raises(ValueError, match="expected the spread of each candidate"):
        Explorer(Exploration(Policy.THOMPSON, 0.5, 1))
