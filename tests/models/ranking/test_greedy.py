"""What holds for every greedy re-ranker."""

import itertools

import numpy as np
import pytest

from models.ranking.dpp import greedy_map_dpp
from models.ranking.mmr import mmr
from models.ranking.similarity import Similarity

ALGORITHMS = [mmr, greedy_map_dpp]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_relevance_is_scaled_first(three_items, algorithm):
    stretched = three_items.relevance * 1000 - 7
    assert algorithm(stretched, three_items.similarity.__getitem__, 0.49, 3).tolist() == [0, 2, 1]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_more_strength_never_ends_in_less_variety_than_none(algorithm):
    rng = np.random.default_rng(7)
    vectors = rng.standard_normal((100, 6)).astype(np.float32)
    similarity = Similarity.of(vectors, [frozenset()] * 100)
    relevance = vectors[:, 0] + 2  # the relevant are alike
    pairs = similarity.among(np.arange(100))

    def variety(strength):
        order = algorithm(relevance, similarity.to, strength, 10).tolist()
        return np.mean([1 - pairs[a, b] for a, b in itertools.combinations(order, 2)])

    assert variety(0) < variety(0.5) < variety(0.9)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("strength", [0.5, 1.0])
def test_copies_come_last_by_relevance(algorithm, strength):
    copies = np.ones((4, 4), dtype=np.float32)
    relevance = np.array([1, 4, 3, 2], dtype=np.float32)
    assert algorithm(relevance, copies.__getitem__, strength, 4).tolist() == [1, 2, 3, 0]
