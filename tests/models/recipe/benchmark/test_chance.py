"""The figures of chance are the means over all orders."""

from itertools import permutations

import numpy as np
import pytest

from models.evaluation.full_ranking import match_relevant
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.protocols import RankingCase, pairs_matrix
from models.recipe.benchmark.chance import expect_by_chance, expected_hit_rate, expected_ndcg

ITEMS = 7


def one_case(seen: list[int], relevant: list[int], lists: int = 1) -> RankingCase:
    """Equal lists."""
    rows = np.arange(lists)
    shape = (lists, ITEMS)
    return RankingCase(
        rows,
        pairs_matrix(np.repeat(rows, len(seen)), np.tile(np.array(seen, dtype=np.int64), lists), shape),
        pairs_matrix(np.repeat(rows, len(relevant)), np.tile(relevant, lists), shape),
    )


@pytest.mark.parametrize(("seen", "relevant"), [([0], [3]), ([], [1, 2, 6]), ([0, 1, 2, 3, 4], [5, 6])])
@pytest.mark.parametrize("k", [1, 3, 10])
def test_the_expectation_is_the_mean_over_all_orders(seen: list[int], relevant: list[int], k: int) -> None:
    candidates = [item for item in range(ITEMS) if item not in seen]
    orders = np.array(list(permutations(candidates)))
    lists = np.full((len(orders), k), -1)
    lists[:, : orders.shape[1]] = orders[:, :k]
    ranked = match_relevant(lists, one_case(seen, relevant, len(orders)))
    case = one_case(seen, relevant)
    assert expected_hit_rate(case, k)[0] == pytest.approx(hit_rate(ranked.hits).mean())
    assert expected_ndcg(case, k)[0] == pytest.approx(ndcg(ranked.hits, ranked.relevant).mean())


def test_one_relevant_item_is_at_each_place_alike() -> None:
    chance = expect_by_chance(one_case([0, 1], [2]))
    assert (chance.hit_rate_at_10, chance.hit_rate_at_50) == (1, 1)
    assert chance.ndcg_at_10 == pytest.approx(np.mean(1 / np.log2(np.arange(5) + 2)))
