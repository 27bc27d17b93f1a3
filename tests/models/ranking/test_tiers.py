"""Two tiers: the first comes before the second, each in the order of the re-ranker."""

import numpy as np
import pytest

from models.ranking.rerank import Diversity, rerank
from models.ranking.tiers import Pool, rerank_tiers

SCORES = np.array([0.9, 0.8, 0.7, 0.6], dtype=np.float32)
POOL = Pool(SCORES, np.eye(4, dtype=np.float32), [frozenset()] * 4)
NONE = Diversity("none")


@pytest.mark.parametrize(
    ("first", "n", "order"),
    [
        ([False, True, False, True], 4, [1, 3, 0, 2]),
        ([False, True, False, True], 3, [1, 3, 0]),
        ([False, True, False, True], 1, [1]),
        ([False] * 4, 2, [0, 1]),
        ([True] * 4, 2, [0, 1]),
        (None, 4, [0, 1, 2, 3]),
    ],
)
def test_the_first_tier_comes_first(first: list[bool] | None, n: int, order: list[int]) -> None:
    mask = None if first is None else np.array(first)
    assert rerank_tiers(POOL, mask, NONE, n).order.tolist() == order


def test_the_figures_are_those_of_the_whole_list() -> None:
    tiers = rerank_tiers(POOL, np.array([False, False, True, True]), NONE, 4)
    plain = rerank(SCORES, POOL.vectors, POOL.labels, NONE, 4)
    assert tiers.intra_list_diversity == pytest.approx(plain.intra_list_diversity)
    assert tiers.relevance_cost == 0  # nothing is given up within a tier


def test_a_run_goes_on_from_the_first_tier_to_the_second() -> None:
    labels = [frozenset("a"), frozenset("b"), frozenset("a"), frozenset("b")]
    pool = Pool(SCORES, POOL.vectors, labels)
    diversity = Diversity("none", max_consecutive=1)
    # The first tier ends with an "a": the next must be a "b", although an "a" is better.
    order = rerank_tiers(pool, np.array([False, False, True, False]), diversity, 3).order
    assert order.tolist() == [2, 1, 0]
