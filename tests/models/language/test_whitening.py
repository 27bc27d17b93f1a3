"""Whitening by hand and by its invariants."""

import numpy as np
import pytest

from models.language.whitening import WhitenedEncoder, fit_whitening, from_array, whiten

CLOUD = np.random.default_rng(3).normal(size=(500, 4)) * (3, 1, 0.3, 0.1) + (5, 0, 0, 0)
UNIT = (CLOUD / np.linalg.norm(CLOUD, axis=1, keepdims=True)).astype(np.float32)


def test_two_axes_by_hand() -> None:
    """Around the mean (1, 0) variances of 4 and 1: with strength 1 the first axis is halved."""
    vectors = np.array([[3, 1], [3, -1], [-1, 1], [-1, -1]], np.float32)
    whitening = fit_whitening(vectors, 1.0)
    halved = np.sqrt((1 + 0.025) / (4 + 0.025))  # with the floor of 0.01 times their mean of 2.5
    assert whitening.mean.tolist() == [1, 0]
    np.testing.assert_allclose(whitening.matrix, [[halved, 0], [0, 1]], atol=1e-6)
    expected = np.array([2 * halved, 1]) / np.hypot(2 * halved, 1)
    np.testing.assert_allclose(whitening.apply(vectors)[0], expected, atol=1e-6)


def test_strength_0_centres_alone() -> None:
    whitening = fit_whitening(UNIT, 0.0)
    np.testing.assert_allclose(whitening.matrix, np.eye(4), atol=1e-6)
    np.testing.assert_allclose(whitening.mean, UNIT.mean(0), atol=1e-6)


def test_more_strength_makes_the_directions_more_alike() -> None:
    spreads = []
    for strength in (0.0, 0.5, 1.0):
        whitening = fit_whitening(UNIT, strength)
        variances = np.linalg.eigvalsh(np.cov(((UNIT - whitening.mean) @ whitening.matrix).T))
        spreads.append(variances[-1] / variances[0])
    assert spreads[0] > 2 * spreads[1] > 4 * spreads[2]


def test_blank_texts_are_left_out_and_stay_blank() -> None:
    with_blank = np.concatenate([UNIT, np.zeros((300, 4), np.float32)])
    whitening = fit_whitening(with_blank, 0.5)
    np.testing.assert_allclose(whitening.mean, UNIT.mean(0), atol=1e-6)
    lengths = np.linalg.norm(whitening.apply(with_blank), axis=1)
    assert lengths.tolist() == pytest.approx([1] * 500 + [0] * 300, abs=1e-5)


@pytest.mark.parametrize("count", [0, 1])
def test_too_few_texts_change_nothing(count: int) -> None:
    whitening = fit_whitening(UNIT[:count], 1.0)
    np.testing.assert_allclose(whitening.apply(UNIT), UNIT, atol=1e-6)


def test_fewer_texts_than_directions_stay_finite() -> None:
    vectors = np.eye(8, 64, dtype=np.float32)
    assert np.isfinite(fit_whitening(vectors, 1.0).apply(np.eye(64, dtype=np.float32))).all()


def test_an_encoder_gives_what_the_array_of_its_bundle_gives(letters) -> None:
    vectors = letters.encode(["a", "ab", "abc", "cc", "cab a"])
    whitening = fit_whitening(vectors, 0.5)
    encoder = whiten(letters, from_array(whitening.to_array()))
    assert isinstance(encoder, WhitenedEncoder) and (encoder.name, encoder.size) == ("letters", 3)
    np.testing.assert_allclose(encoder.encode(["ab", ""])[0], whitening.apply(vectors)[1], atol=1e-6)
    assert not encoder.encode([" "]).any()
    assert whiten(letters, None) is letters
