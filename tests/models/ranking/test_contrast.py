"""The contrast of liked and unliked items, by hand."""

import numpy as np
import pytest

from models.ranking.contrast import CONTRAST_GAIN, contrast_labels, measure_contrast
from models.ranking.label_matrix import LabelMatrix

SETS = [frozenset(each) for each in ({"a", "c"}, {"a"}, {"b", "c"}, {"b"}, set(), {"a", "d"}, {"c"}, {"d"})]
LABELS = LabelMatrix.of(SETS)
NONE = np.zeros(0, dtype=np.int64)


def test_the_weights_of_labels_by_hand() -> None:
    """Liked are 0 and 1, unliked is 2: a is in all liked ones, b in the unliked one, c in half and in all."""
    values = contrast_labels(LABELS, np.array([0, 1]), np.array([2]))
    a, b, c = -np.log(3 / 8), np.log(2 / 8), -0.5 * -np.log(3 / 8)
    assert values == pytest.approx([(a + c) / 2, a, (b + c) / 2, b, 0, a / 2, c, 0])


def test_what_is_like_the_liked_ones_gains_and_what_is_like_the_unliked_one_loses() -> None:
    logits = measure_contrast(LABELS, np.array([0, 1]), np.array([2]))
    assert logits.shape == (8,) and logits.dtype == np.float32
    assert logits[5] > logits[4] > logits[3]
    assert (logits.mean(), logits.std()) == (pytest.approx(0, abs=1e-6), pytest.approx(CONTRAST_GAIN))


@pytest.mark.parametrize(("liked", "unliked"), [([0], []), ([], [2])])
def test_one_side_is_enough(liked: list[int], unliked: list[int]) -> None:
    rows = np.array(liked, dtype=np.int64), np.array(unliked, dtype=np.int64)
    logits = measure_contrast(LABELS, *rows)
    assert np.isfinite(logits).all()
    assert logits[5] > logits[3]


def test_items_that_are_all_the_same_gain_nothing() -> None:
    assert measure_contrast(LabelMatrix.of([frozenset("a")] * 3), np.array([0]), NONE).tolist() == [0, 0, 0]
