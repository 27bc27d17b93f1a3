"""Scores are sums of contributions; bad weights are told, bad values sink."""

import numpy as np
import pytest

from app.pipeline.scoring.fusion import InvalidWeightsError, UnknownWeightError, fuse_groups, fuse_heads
from models.contract.fusion import Fusion, FusionMethod, Utility

FUSION = Fusion(utilities={"next": Utility(low=0, high=1), "like": Utility(low=0, high=2)})


def values(**heads):
    return {name: np.array(given, dtype=np.float32) for name, given in heads.items()}


def test_contributions_add_up_by_hand():
    given = values(next=[0.2, 0.4, 1.0], like=[2, 1, 0])
    scored = fuse_heads(given, FUSION, {"next": 1.0, "like": 3.0})
    assert scored.contributions["next"] == pytest.approx([0.05, 0.1, 0.25])
    assert scored.contributions["like"] == pytest.approx([0.75, 0.375, 0])
    assert scored.score == pytest.approx([0.8, 0.475, 0.25])
    assert scored.values["like"].tolist() == [2, 1, 0]


def test_one_head_weighted_is_that_heads_order():
    given = values(next=[0.2, 0.4, 0.3], like=[2, 1, 0])
    scored = fuse_heads(given, FUSION, {"next": 0.5})
    assert np.argsort(-scored.score).tolist() == [1, 2, 0]
    assert scored.contributions["like"].tolist() == [0, 0, 0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("weight", [1.0, -1.0])
def test_what_is_not_finite_sinks(bad, weight):
    scored = fuse_heads(values(next=[0.5, bad, 0.1], like=[0, 0, 0]), FUSION, {"next": weight})
    assert np.isfinite(scored.score).all()
    assert scored.score[1] == scored.score.min()


def test_a_head_without_a_finite_value_counts_as_zero():
    scored = fuse_heads(values(next=[np.nan] * 3, like=[0, 1, 2]), FUSION, {"next": 1, "like": 1})
    assert scored.score == pytest.approx([0, 0.25, 0.5])


def test_no_candidates_give_no_scores():
    assert fuse_heads(values(next=[], like=[]), FUSION, {"next": 1.0}).score.shape == (0,)


def test_an_unknown_head_is_named():
    with pytest.raises(UnknownWeightError, match="one of the heads like, next, given 'colour'") as caught:
        fuse_heads(values(next=[1, 2, 3], like=[1, 2, 3]), FUSION, {"colour": 1.0})
    assert caught.value.field == "weights.colour"


@pytest.mark.parametrize("weights", [{}, {"next": 0.0}, {"next": np.nan}, {"next": np.inf, "like": 1.0}])
def test_weights_that_mean_nothing_are_refused(weights):
    with pytest.raises(InvalidWeightsError, match="expected finite weights") as caught:
        fuse_heads(values(next=[1, 2, 3], like=[1, 2, 3]), FUSION, weights)
    assert caught.value.field == "weights"


@pytest.mark.parametrize("method", [FusionMethod.WEIGHTED_MEAN, FusionMethod.VOTE])
def test_a_vote_and_a_non_finite_value_stay_in_their_group(method):
    fusion, weights = FUSION.model_copy(update={"method": method}), {"next": 1.0, "like": 1.0}
    given = values(next=[0.5, np.nan, 0.25, 0.0625, np.inf], like=[0, 1, 2, 3, 4])
    first, second = fuse_groups(given, [2, 3], fusion, weights)
    assert first.values["next"].tolist() == [0.5, 0.5]
    assert second.values["next"].tolist() == [0.25, 0.0625, 0.0625]
    expected = fuse_heads({name: value[2:] for name, value in given.items()}, fusion, weights)
    np.testing.assert_array_equal(second.score, expected.score)


def test_groups_without_candidates_have_no_scores():
    first, second = fuse_groups(values(next=[0.5], like=[1]), [0, 1], FUSION, {"next": 1.0})
    assert first.score.shape == (0,) and second.score == pytest.approx([0.5])
    assert fuse_groups(values(next=[], like=[]), [], FUSION, {"next": 1.0}) == []
