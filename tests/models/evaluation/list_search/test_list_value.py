"""The values of lists by hand, and what greedy picking adds at each place."""

import math

import numpy as np
import pytest

from models.evaluation.list_search.list_value import LIST_VALUES, log_determinants, value_by_dpp, value_by_mmr
from models.ranking.exploration import pick_best
from models.ranking.registry import RERANKERS

RELEVANCE = np.array([3.0, 2.0, 1.0], dtype=np.float32)  # scaled: 1, 0.5, 0
SIMILARITY = np.array([[1, 0.8, 0.2], [0.8, 1, 0.5], [0.2, 0.5, 1]], dtype=np.float32)


def test_the_value_of_mmr_adds_up_relevance_and_the_distance_to_the_nearest_above() -> None:
    value = value_by_mmr(RELEVANCE, SIMILARITY, 0.4)
    lists = np.array([[0, 1, 2], [0, 2, 1], [1, 2, 0]])
    distances = np.array([0.2 + 0.5, 0.8 + 0.2, 0.5 + 0.2])
    assert value(lists) == pytest.approx(0.6 * 1.5 + 0.4 * distances)
    assert value(np.array([[1]])) == pytest.approx([0.6 * 0.5])  # nothing above the first place


def test_the_value_of_a_dpp_adds_the_logarithm_of_the_determinant() -> None:
    value = value_by_dpp(RELEVANCE, SIMILARITY, 0.4)
    assert value(np.array([[0, 1], [2, 0]])) == pytest.approx(
        [0.6 * 1.5 + 0.4 * math.log(1 - 0.8**2), 0.6 * 1.0 + 0.4 * math.log(1 - 0.2**2)]
    )


def test_a_copy_adds_the_smallest_variance() -> None:
    one, half = np.ones((3, 3)), np.array([[1, 0.5, 1], [0.5, 1, 0.5], [1, 0.5, 1]])
    assert log_determinants(np.stack([one, half])) == pytest.approx(
        [2 * math.log(1e-6), math.log(0.75) + math.log(1e-6)]
    )
    assert log_determinants(np.eye(4)[None]) == pytest.approx([0])


@pytest.mark.parametrize("method", list(LIST_VALUES))
def test_greedy_picks_what_adds_most_at_each_place(method: str) -> None:
    random = np.random.default_rng(5)
    vectors = random.standard_normal((12, 6))
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = (unit @ unit.T).astype(np.float32)
    relevance = random.random(12).astype(np.float32)
    value = LIST_VALUES[method](relevance, similarity, 0.5)
    order = RERANKERS[method](relevance, lambda position: similarity[position], 0.5, 5, None, pick_best)
    for length in range(1, 6):
        others = [item for item in range(12) if item not in order[: length - 1]]
        grown = np.array([[*order[: length - 1], item] for item in others])
        assert others[int(value(grown).argmax())] == order[length - 1]
