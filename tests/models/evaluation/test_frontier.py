"""The settings of a frontier, the space of its diversity, and a point by hand."""

import math

import numpy as np
import pytest
from scipy import sparse

from models.contract.bundle import DefaultDiversity
from models.evaluation.frontier import STRENGTHS, choose_settings, choose_space, make_point
from models.evaluation.metrics.lists import NO_ITEM, ItemFacts
from models.evaluation.paired_bootstrap import Interval
from models.ranking.rerank import Diversity

# Items 0 and 1 are a, 2 is b, 3 has no label.
LABELS = sparse.csr_array(np.array([[1, 0], [1, 0], [0, 1], [0, 0]], dtype=np.bool_))
VECTORS = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], dtype=np.float32)
POPULARITY = np.array([3, 1, 0, 0])
LISTS = np.array([[0, 1], [0, 2], [2, NO_ITEM]])


@pytest.mark.parametrize("strength", [0.0, 0.12, 0.15])
def test_every_method_has_every_strength_and_the_default_is_there_once(strength: float) -> None:
    none, *settings = choose_settings(DefaultDiversity(method="mmr", strength=strength))
    assert none == Diversity("none")
    own = [setting.strength for setting in settings if setting.method == "mmr"]
    assert own == sorted({*STRENGTHS, strength})
    assert [setting.strength for setting in settings if setting.method == "dpp"] == list(STRENGTHS)


def test_a_point_by_hand() -> None:
    facts = ItemFacts(POPULARITY, VECTORS, LABELS)
    assert choose_space(facts) == "labels"
    difference = Interval(-0.1, -0.2, 0.0)
    point = make_point(Diversity("mmr", 0.3), True, np.array([0.5, 0.25, 0.0]), difference, LISTS, facts)
    assert (point.method, point.strength, point.is_default) == ("mmr", 0.3, True)
    assert (point.objective, point.difference) == (0.25, difference)
    assert point.intra_list_diversity == pytest.approx((0 + 1) / 2)  # the last list has no pair
    assert point.coverage == 3 / 4
    assert point.category_entropy == pytest.approx((0 + 1 + 0) / 3)
    # shares with one more each: 4/8, 2/8, 1/8; shown are items 0, 1, 0, 2, 2
    assert point.novelty == pytest.approx(
        (2 * -math.log2(4 / 8) - math.log2(2 / 8) - 2 * math.log2(1 / 8)) / 5
    )


def test_without_labels_the_space_is_that_of_vectors_and_entropy_is_undefined() -> None:
    facts = ItemFacts(POPULARITY, VECTORS, LABELS[:, :0])
    assert choose_space(facts) == "vectors"
    point = make_point(Diversity("none"), False, np.zeros(3), None, LISTS, facts)
    assert point.intra_list_diversity == pytest.approx((0 + 1) / 2)
    assert (point.strength, point.category_entropy) == (0.0, None)
