"""Fitting the fusion: heads that help are taken in, heads that do not are left out."""

import numpy as np
import pytest

from models.contract.fusion import Fusion, FusionMethod, Utility, contributions, fuse
from models.contract.tasks import NEXT
from models.export.fusion import (
    ValidationLists,
    Worth,
    fit_fusion,
    fit_utility,
    join_lists,
    measure_lists,
    weigh_value,
)

AIM = {NEXT: Worth(1.0)}


def judged(seed: int = 0, lists: int = 150, candidates: int = 40) -> ValidationLists:
    """`next` knows a little, `good` much, `noise` nothing, `bad` the opposite."""
    random = np.random.default_rng(seed)
    truth = random.normal(size=(lists, candidates))
    relevant = truth >= np.sort(truth, axis=1)[:, [-4]]

    def noisy(share: float) -> np.ndarray:
        return share * truth + random.normal(size=truth.shape)

    values = {
        NEXT: np.exp(noisy(0.4) - 8),
        "good": 1 / (1 + np.exp(-noisy(1.5))),
        "noise": random.random(truth.shape),
        "bad": noisy(-1.5),
    }
    return ValidationLists(
        {name: value.astype(np.float32) for name, value in values.items()},
        relevant.astype(np.float32),
        np.ones_like(relevant),
        ideal_of(relevant.sum(1)),
    )


def ideal_of(counts: np.ndarray) -> np.ndarray:
    """The discounted gains of the best list, where each of so many relevant items is worth 1."""
    discounts = np.concatenate([[0], np.cumsum(1 / np.log2(np.arange(10) + 2.0))])
    return discounts[np.minimum(counts, 10)]


def quality(fusion: Fusion, of: ValidationLists) -> float:
    return float(measure_lists(fusion, of, fusion.weights).ndcg.mean())


def test_the_search_takes_in_what_helps():
    found = fit_fusion(judged(), FusionMethod.WEIGHTED_MEAN, AIM)
    assert found.weights[NEXT] == 1.0
    assert found.weights["good"] == 0.8
    assert found.weights["noise"] == found.weights["bad"] == 0.0
    fresh, alone = judged(1), found.model_copy(update={"weights": {NEXT: 1.0}})
    assert quality(found, fresh) > quality(alone, fresh) + 0.05


def test_stacking_weighs_by_what_they_know():
    found = fit_fusion(judged(), FusionMethod.STACKING, AIM)
    assert found.weights["good"] > found.weights[NEXT] > abs(found.weights["noise"])
    assert found.weights["bad"] < 0
    fresh, alone = judged(1), found.model_copy(update={"weights": {NEXT: 1.0}})
    assert quality(found, fresh) > quality(alone, fresh) + 0.1


def test_a_vote_is_searched_too():
    found = fit_fusion(judged(), FusionMethod.VOTE, AIM)
    assert found.weights["good"] > 0
    assert found.weights["bad"] == 0


@pytest.mark.parametrize("seed", range(3))
def test_noise_alone_is_left_out(seed: int):
    whole = judged(seed)
    values = {name: whole.values[name] for name in (NEXT, "noise")}
    found = fit_fusion(
        ValidationLists(values, whole.gains, whole.is_candidate, whole.ideal),
        FusionMethod.WEIGHTED_MEAN,
        AIM,
    )
    assert found.weights == {NEXT: 1.0, "noise": 0.0}


@pytest.mark.parametrize("method", FusionMethod)
def test_too_little_to_fit_on(method: FusionMethod):
    few = judged(lists=3)
    assert fit_fusion(few, method, AIM).weights == {NEXT: 1.0}
    none = ValidationLists(
        {name: value[:0] for name, value in few.values.items()},
        few.gains[:0],
        few.is_candidate[:0],
        few.ideal[:0],
    )
    found = fit_fusion(none, method, AIM)
    assert found.weights == {NEXT: 1.0}
    assert set(found.utilities) == set(few.values)


@pytest.mark.parametrize("method", FusionMethod)
def test_places_without_a_candidate_have_no_say(method: FusionMethod):
    """A list may have fewer candidates than another: whatever stands in the places left over."""
    whole = judged()
    there = np.ones_like(whole.is_candidate)
    there[::2, 30:] = False
    gains = whole.gains * there
    found = []
    for odd in (1e-9, 1e9):
        values = {name: np.where(there, value, np.float32(odd)) for name, value in whole.values.items()}
        found.append(fit_fusion(ValidationLists(values, gains, there, whole.ideal), method, AIM))
    assert found[0] == found[1]


def test_list_quality_by_hand():
    """Relevant are the second and the fourth of four; of three wanted one is no candidate."""
    utilities = {NEXT: Utility(low=0, high=1)}
    one = ValidationLists(
        {NEXT: np.array([[0.9, 0.5, 0.2, 0.1]], np.float32)},
        np.array([[0, 1, 0, 1]], np.float32),
        np.ones((1, 4), bool),
        ideal_of(np.array([3])),
        {"like": np.array([[0, 0.75, 0, 0.25]], np.float32)},
    )
    gain = 1 / np.log2(3) + 1 / np.log2(5)
    best = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    found = measure_lists(Fusion(utilities=utilities), one, {NEXT: 1.0})
    assert found.ndcg.tolist() == [pytest.approx(gain / best)]
    assert found.outcomes["like"].tolist() == [1.0]


def test_utility_by_hand():
    found = fit_utility(np.linspace(0, 1, 101).astype(np.float32), log=False)
    assert (found.low, found.high) == (pytest.approx(0.01), pytest.approx(1.0))
    logs = fit_utility(np.exp(np.linspace(-5, -1, 101)).astype(np.float32), log=True)
    assert (logs.low, logs.high) == (pytest.approx(-4.96), pytest.approx(-1, abs=1e-6))
    same = fit_utility(np.full(9, 0.5, np.float32), log=False)
    assert (same.low, same.high) == (0.5, 1.5)
    assert fit_utility(np.zeros(0, np.float32), log=False) == Utility(low=0, high=1)


def test_stacked_weights_still_add_up():
    of = judged()
    found = fit_fusion(of, FusionMethod.STACKING, AIM)
    values = {name: value[0] for name, value in of.values.items()}
    parts = contributions(found, values, found.weights)
    assert fuse(parts) == pytest.approx(sum(parts.values()), abs=1e-6)


def test_what_is_worth_more_comes_first():
    """Two items are taken, and one of them is liked, as a head knows: with it the liked one counts twice."""
    random = np.random.default_rng(3)
    lists, items = 200, 30
    taken = np.zeros((lists, items), np.float32)
    taken[:, :2] = 1
    liked = np.zeros((lists, items), np.float32)
    liked[np.arange(lists), random.integers(2, size=lists)] = 1
    values = {
        NEXT: np.where(taken > 0, 0.1, 0.001).astype(np.float32) * random.uniform(0.5, 2, taken.shape),
        "like": (0.2 + 0.6 * liked + 0.1 * random.random(taken.shape)).astype(np.float32),
    }
    there, best = np.ones_like(taken, dtype=bool), 2 + 1 / np.log2(3)
    for gains, helps in ((taken, False), (taken + liked, True)):
        ideal = np.full(lists, best if helps else best - 1)
        found = fit_fusion(ValidationLists(values, gains, there, ideal), FusionMethod.WEIGHTED_MEAN, AIM)
        assert (found.weights["like"] > 0) == helps


def test_lists_of_two_protocols_are_joined():
    one, other = judged(lists=3), judged(1, lists=2)
    joined = join_lists([one, other])
    assert len(joined) == 5 and joined.gains.shape == (5, one.gains.shape[1])
    np.testing.assert_array_equal(joined.ideal, [*one.ideal, *other.ideal])
    np.testing.assert_array_equal(joined.values["good"][3:], other.values["good"])


def test_the_weight_of_an_outcome_by_hand():
    """A like is worth as much as being taken, and half of the candidates are liked: a like adds 1 / 1.5 nats.

    Stars from 1 to 5 have a mean of 3, which is an outcome of a half; with both, S is 2.
    """
    values = {
        NEXT: np.array([[np.exp(-10), 1]], np.float32),
        "like": np.array([[0, 1]], np.float32),
        "stars": np.array([[1, 5]], np.float32),
    }
    there = np.ones((1, 2), bool)
    lists = ValidationLists(values, np.ones((1, 2), np.float32), there, np.ones(1))
    utilities = {
        NEXT: Utility(low=-10, high=0, log=True),
        "like": Utility(low=0, high=1),
        "stars": Utility(low=1, high=5),
    }
    fusion, both = Fusion(utilities=utilities), {**AIM, "like": Worth(1.0), "stars": Worth(1.0, 1.0, 5.0)}
    assert weigh_value("like", fusion, lists, {**AIM, "like": Worth(1.0)}) == pytest.approx(1 / 1.5 / 10)
    assert weigh_value("like", fusion, lists, both) == pytest.approx(1 / 2 / 10)
    assert weigh_value("stars", fusion, lists, both) == pytest.approx(1 / 4 / 2 * 4 / 10)


def liked_among_equals(seed: int, cost: float) -> ValidationLists:
    """Of 30 items two are taken and one of these liked, which a head knows; `cost` is what order by likes loses."""
    random = np.random.default_rng(seed)
    taken = np.zeros((400, 30), np.float32)
    taken[:, :2] = 1
    liked = np.zeros_like(taken)
    liked[np.arange(400), random.integers(2, size=400)] = 1
    chance = np.where(taken > 0, 0.05, 0.02) * random.uniform(0.3, 3, taken.shape)
    likely = np.clip(0.5 + 0.3 * liked + cost * (taken == 0) + 0.1 * random.random(taken.shape), 0, 1)
    values = {NEXT: chance.astype(np.float32), "like": likely.astype(np.float32)}
    ideal = np.full(400, 2 + 1 / np.log2(3))
    return ValidationLists(
        values, taken + liked, np.ones_like(taken, dtype=bool), ideal, {NEXT: taken, "like": liked}
    )


def test_a_head_whose_outcome_gains_is_taken_in_at_no_loss_of_the_objective():
    aim = {**AIM, "like": Worth(1.0)}
    lists = liked_among_equals(0, cost=0.0)
    found = fit_fusion(lists, FusionMethod.WEIGHTED_MEAN, aim)
    assert found.weights["like"] > 0
    alone, fused = (measure_lists(found, lists, weights) for weights in ({NEXT: 1.0}, found.weights))
    assert fused.ndcg.mean() >= alone.ndcg.mean()
    assert fused.outcomes["like"].sum() > alone.outcomes["like"].sum()
    misled = fit_fusion(liked_among_equals(0, cost=0.5), FusionMethod.WEIGHTED_MEAN, aim)
    assert misled.weights["like"] == 0
