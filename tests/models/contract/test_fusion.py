"""The sum of contributions: by hand, and what holds for every method."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract.fusion import Fusion, FusionMethod, Utility, contributions, fuse

VALUES = {
    "next": np.array([0.1, 0.001, 0.01, 1e-30], np.float32),
    "like": np.array([0.2, 0.9, 0.9, 0.5], np.float32),
    "rating": np.array([5.0, 1.0, 3.0, 9.0], np.float32),
}


def fusion(method: FusionMethod = FusionMethod.WEIGHTED_MEAN) -> Fusion:
    utilities = {
        "next": Utility(low=math.log(0.001), high=math.log(0.1), log=True),
        "like": Utility(low=0.0, high=1.0),
        "rating": Utility(low=1.0, high=5.0),
    }
    return Fusion(method=method, utilities=utilities)


def test_weighted_mean_by_hand():
    parts = contributions(fusion(), VALUES, {"next": 3.0, "rating": -1.0})
    assert parts["next"][:3] == pytest.approx([0.75, 0.0, 0.375], abs=1e-6)
    assert parts["rating"] == pytest.approx([-0.25, 0.0, -0.125, -0.5])
    assert parts["like"].tolist() == [0.0] * 4
    assert fuse(parts)[:3] == pytest.approx([0.5, 0.0, 0.25], abs=1e-6)


def test_vote_by_hand():
    """Places from the worst, equal values sharing one: next 4 2 3 1 of 4, like 1 3 3 2 of 3."""
    parts = contributions(fusion(FusionMethod.VOTE), VALUES, {"next": 1.0, "like": 1.0})
    assert parts["next"] == pytest.approx([0.5, 0.25, 0.375, 0.125])
    assert parts["like"] == pytest.approx([1 / 6, 0.5, 0.5, 1 / 3])


@pytest.mark.parametrize("method", FusionMethod)
@settings(max_examples=30, deadline=None)
@given(st.fixed_dictionaries({name: st.floats(-3, 3, width=16) for name in VALUES}))
def test_contributions_add_up(method: FusionMethod, weights: dict[str, float]):
    if not any(weights.values()):
        weights = {**weights, "like": 1.0}
    parts = contributions(fusion(method), VALUES, weights)
    assert parts.keys() == VALUES.keys()
    total = sum(abs(weight) for weight in weights.values())
    np.testing.assert_allclose(fuse(parts), np.sum(list(parts.values()), axis=0), rtol=1e-5, atol=1e-6)
    for name, weight in weights.items():
        alone = contributions(fusion(method), VALUES, {name: 1.0})[name]
        np.testing.assert_allclose(parts[name], weight / total * alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", FusionMethod)
@pytest.mark.parametrize("name", VALUES)
def test_one_head_weighted_gives_that_heads_order(method: FusionMethod, name: str):
    values = {key: value[:3] for key, value in VALUES.items()}
    score = fuse(contributions(fusion(method), values, {name: 0.3}))
    assert np.argsort(-score, kind="stable").tolist() == np.argsort(-values[name], kind="stable").tolist()
    turned = fuse(contributions(fusion(method), values, {name: -0.3}))
    np.testing.assert_allclose(turned, -score)


@pytest.mark.parametrize("method", FusionMethod)
def test_no_candidates_and_one(method: FusionMethod):
    for count in (0, 1):
        values = {name: value[:count] for name, value in VALUES.items()}
        assert fuse(contributions(fusion(method), values, {"like": 1.0})).shape == (count,)


def test_refused_weights():
    with pytest.raises(
        ValueError, match=r"expected weights of \['like', 'next', 'rating'\], given \['odd'\]"
    ):
        contributions(fusion(), VALUES, {"odd": 1.0, "like": 1.0})
    with pytest.raises(ValueError, match="expected at least one weight other than 0"):
        contributions(fusion(), VALUES, {"like": 0.0})
    with pytest.raises(ValueError, match=r"expected low < high, given 1\.0 and 1\.0"):
        Utility(low=1.0, high=1.0)
