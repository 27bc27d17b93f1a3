"""Coverage and novelty, by hand."""

import math

import numpy as np
import pytest

from models.evaluation.metrics.coverage import coverage
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.metrics.novelty import novelty

LISTS = np.array([[0, 1], [1, NO_ITEM]])


def test_coverage_is_the_share_of_the_catalogue_that_is_recommended() -> None:
    assert coverage(LISTS, 8) == 0.25
    assert coverage(LISTS[:0], 8) == 0
    assert math.isnan(coverage(LISTS[:0], 0))


def test_novelty_is_the_mean_self_information() -> None:
    # shares with one more each: 4/8, 2/8, 1/8, 1/8; shown are items 0, 1, 1
    assert novelty(LISTS, np.array([3, 1, 0, 0])) == pytest.approx((1 + 2 + 2) / 3)
    assert math.isnan(novelty(LISTS[:0], np.array([3, 1])))
