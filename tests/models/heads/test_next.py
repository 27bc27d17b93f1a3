"""The head `next` by hand."""

import numpy as np
import pytest

from models.contract.calibration import Calibration
from models.heads.next import fit_next_calibration, predict_next


def test_shares_of_the_whole_catalogue_add_up_to_one():
    logits, calibration = np.log(np.array([[1, 3], [2, 2]], np.float32)), Calibration(scale=2)
    partitions = np.log(np.exp(2 * logits.astype(np.float64)).sum(axis=1))
    np.testing.assert_allclose(
        predict_next(logits, calibration, partitions), [[0.1, 0.9], [0.5, 0.5]], rtol=1e-6
    )
    one = predict_next(logits[:1], calibration, partitions[:1])
    assert one.dtype == np.float32 and one.sum() == pytest.approx(1)


def test_calibration():
    random = np.random.default_rng(0)
    logits = random.normal(size=(5_000, 4)).astype(np.float32)
    chances = np.exp(2.5 * logits) / np.exp(2.5 * logits).sum(1, keepdims=True)
    items = (chances.cumsum(1) > random.random((5_000, 1))).argmax(1)
    found = fit_next_calibration(logits, items)
    assert found.scale == pytest.approx(2.5, rel=0.1)
    assert found.shift == 0
    assert fit_next_calibration(logits[:0], items[:0]) == Calibration()


def test_a_logit_above_the_denominator_stays_finite():
    """Of what an item would have without a term of its logit: exp(2) of a denominator of 1, and no overflow."""
    logits = np.array([[2.0, 1e6]], dtype=np.float32)
    predicted = predict_next(logits, Calibration(), np.zeros(1))
    assert predicted[0, 0] == pytest.approx(np.exp(2.0))
    assert np.isfinite(predicted).all() and predicted[0, 1] > 1e38
