"""The figures of lists for cold users."""

import numpy as np
import pytest
from scipy import sparse

from benchmarks.cold_users.figures import Figures, compare, measure, rank_popular, tabulate
from models.evaluation.protocols import RankingCase

CASE = RankingCase(
    np.arange(2),
    seen=sparse.csr_array(np.array([[1, 0, 0, 0], [0, 1, 0, 0]], dtype=np.bool_)),
    relevant=sparse.csr_array(np.array([[0, 1, 0, 0], [0, 0, 1, 1]], dtype=np.bool_)),
)


def test_popular_items_are_those_that_the_user_has_not_had() -> None:
    lists = rank_popular(np.array([9.0, 5.0, 5.0, 1.0]), CASE, 2)
    assert lists.tolist() == [[1, 2], [0, 2]]
    favoured = np.array([[True, True, False, True], [False, False, True, True]])
    figures = measure(lists, CASE, favoured)
    # The second list has its hit in the second place, of two relevant items.
    second = (1 / np.log2(3)) / (1 + 1 / np.log2(3))
    assert figures.ndcg == pytest.approx([1, second])
    assert figures.hits.tolist() == [1, 1]
    assert figures.favoured.tolist() == [0.5, 0.5]
    assert measure(np.array([[3, -1], [-1, -1]]), CASE, favoured).favoured.tolist() == [1, 0]


def told(*ndcg: float) -> Figures:
    values = np.array(ndcg)
    return Figures(values, np.ones(len(values)), values / 2)


def test_rows_are_compared_over_the_same_lists() -> None:
    figures = {
        (0, "nothing"): told(0.2, 0.4),
        (0, "profile"): told(0.3, 0.5),
        (3, "nothing"): told(0.5, 0.7),
        (3, "profile"): told(0.5, 0.7),
    }
    rows = list(compare(told(0.1, 0.3), figures, "nothing"))
    assert [(row.events, row.told, row.ndcg, row.favoured) for row in rows] == [
        (0, "nothing", pytest.approx(0.3), pytest.approx(0.15)),
        (0, "profile", pytest.approx(0.4), pytest.approx(0.2)),
        (3, "nothing", pytest.approx(0.6), pytest.approx(0.3)),
        (3, "profile", pytest.approx(0.6), pytest.approx(0.3)),
    ]
    assert [row.to_popular.mean for row in rows] == pytest.approx([0.1, 0.2, 0.4, 0.4])
    assert (rows[0].to_nothing, rows[0].to_fewer) == (None, None)
    assert rows[1].to_nothing is not None and rows[1].to_nothing.mean == pytest.approx(0.1)
    # Both lists gain as much, so that a paired interval has no width.
    assert rows[3].to_fewer is not None and rows[3].to_fewer.high == pytest.approx(0.2)
    table = tabulate(rows).splitlines()
    assert table[2] == "| 0 | nothing | 0.300 | 1.000 | 0.15 | +0.100 (+0.100 to +0.100) |  |  |"
    assert len(table) == 6


def test_a_list_of_few_items_is_filled() -> None:
    seen = sparse.csr_array(np.array([[1, 0, 0], [1, 1, 0]], dtype=np.bool_))
    relevant = sparse.csr_array(np.array([[0, 1, 0], [0, 0, 1]], dtype=np.bool_))
    case = RankingCase(np.arange(2), seen, relevant)
    assert rank_popular(np.array([3.0, 2.0, 1.0]), case, 2).tolist() == [[1, 2], [2, -1]]
