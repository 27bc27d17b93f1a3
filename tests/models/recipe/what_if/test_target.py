"""The target policy's probabilities are those of the service's draws."""

import numpy as np
import pytest

from models.contract.fusion import Fusion, Utility
from models.ranking.exploration import Exploration, Policy
from models.ranking.rerank import Diversity, rerank
from models.recipe.what_if.target import (
    Target,
    find_probabilities,
    fit_scales,
    fuse_scores,
    read_diversity,
    read_weights,
)
from tests.models.recipe.what_if.logged import draw_list, find_alike


@pytest.mark.parametrize("strength", [0.0, 0.3, 1.0])
def test_a_target_like_the_log_has_the_propensities_of_the_log(strength: float) -> None:
    for seed in range(20):
        relevance = np.random.default_rng(seed).random(5)
        order, propensities = draw_list(relevance, strength, seed)
        target = Target({"next": 1.0}, strength=strength)
        found = find_probabilities(target, relevance[order].astype(np.float32), None)
        assert found.diagonal() == pytest.approx(propensities, rel=1e-5)
        assert found.sum(axis=1) == pytest.approx(np.ones(5))
        assert np.tril(found, -1) == pytest.approx(0), "an item above is not drawn again"


def test_diversity_counts_as_in_the_service() -> None:
    similarity, labels = find_alike(6), [frozenset[str]()] * 6
    relevance = np.linspace(1, 0.5, 6, dtype=np.float32)
    for seed in range(10):
        diversity = Diversity("mmr", 0.5, exploration=Exploration(Policy.SOFTMAX, 1.0, seed))
        answer = rerank(relevance, similarity.unit, labels, diversity, 6)
        target = Target({"next": 1.0}, "mmr", 0.5, strength=1.0)
        order = answer.order
        alike = type(similarity).of(similarity.unit[order], labels)
        found = find_probabilities(target, relevance[order], alike).diagonal()
        assert answer.propensity is not None
        assert found == pytest.approx(answer.propensity.tolist(), rel=1e-4)


def test_the_greedy_list_is_sure() -> None:
    scores = np.array([0.2, 0.9, 0.5], dtype=np.float32)
    found = find_probabilities(Target({"next": 1.0}, strength=0), scores, None)
    assert found.tolist() == [[0, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_scores_are_fused_by_the_scales() -> None:
    values = {"next": np.array([0.1, 0.3, 0.2]), "like": np.array([4.0, 2.0, 3.0])}
    fusion = Fusion(utilities={"next": Utility(low=0, high=1), "like": Utility(low=2, high=4)})
    scores = fuse_scores(values, np.array([0, 2, 3]), {"next": 1.0, "like": 3.0}, fusion)
    assert scores == pytest.approx([(0.1 + 3) / 4, 0.3 / 4, (0.2 + 1.5) / 4])
    scales = fit_scales({"next": np.arange(101.0), "like": np.ones(4)}).utilities
    assert (scales["next"].low, scales["next"].high) == (1.0, 99.0)
    assert (scales["like"].low, scales["like"].high) == (1.0, 2.0)


def test_texts_are_read() -> None:
    assert read_weights("next=1, like=-.5") == {"next": 1.0, "like": -0.5}
    assert read_diversity("mmr:.2", ["none", "mmr"]) == ("mmr", 0.2)
    assert read_diversity("none", ["none", "mmr"]) == ("none", 0.0)


@pytest.mark.parametrize(
    "text", ["", "next", "next=", "=1", "next=1,next=2", "next=x", "next=nan", "next=101", "next=0"]
)
def test_weights_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_weights(text)


@pytest.mark.parametrize("text", ["", "mmr", "none:.2", "mmr:", "mmr:2", "mmr:x", "dpp:.1"])
def test_diversities_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        read_diversity(text, ["none", "mmr"])
