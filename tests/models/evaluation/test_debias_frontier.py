"""The frontier of debiasing by hand: each strength's lists, figures and difference to those without debiasing."""

import numpy as np
import pytest
from scipy import sparse

from models.contract.arrays import Indices
from models.contract.bundle import DefaultDiversity
from models.evaluation.debias_frontier import STRENGTHS, measure_debias
from models.evaluation.metrics.lists import ItemFacts
from models.evaluation.protocols import RankingCase
from models.ranking.rerank import Diversity


def test_the_points_of_each_strength_by_hand() -> None:
    """Two lists of one item, of the four; the relevant one leaves the second list at the strength 0.5."""
    asked: list[Diversity] = []

    def rank(diversity: Diversity) -> Indices:
        asked.append(diversity)
        strong = diversity.debias is not None and diversity.debias.strength >= 0.5
        return np.array([[0], [2 if strong else 0]])

    relevant = sparse.csr_array(np.array([[1, 0, 0, 0], [1, 0, 0, 0]], dtype=bool))
    case = RankingCase(np.arange(2), sparse.csr_array((2, 4), dtype=bool), relevant)
    facts = ItemFacts(np.array([3, 2, 1, 0]), np.zeros((4, 0), np.float32), sparse.csr_array((4, 0)))
    default = DefaultDiversity(method="mmr", strength=0.2)
    points = list(measure_debias(rank, case, facts, default))
    assert [point.strength for point in points] == list(STRENGTHS)
    assert {(one.method, one.strength) for one in asked} == {("mmr", 0.2)}
    assert asked[0].debias is None
    assert [point.ndcg for point in points] == [1, 1, 1, 1, 1, 0.5, 0.5]
    assert points[0].difference is None and points[0].exposure["head"] == 1
    last = points[-1]
    assert last.difference is not None and last.difference.mean == -0.5
    assert last.coverage == 0.5
    assert last.exposure == pytest.approx({"head": 0.5, "middle": 0, "tail": 0.5, "new": 0})
