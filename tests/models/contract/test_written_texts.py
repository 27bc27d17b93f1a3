"""A user's text vector with the newest texts of events, by hand."""

import numpy as np
import pytest

from models.contract.written_texts import DECAY, add_texts

X, Y, NONE = np.eye(2, dtype=np.float32)[0], np.eye(2, dtype=np.float32)[1], np.zeros(2, np.float32)


def test_a_user_without_texts_keeps_the_profile_to_the_digit() -> None:
    profiles = np.array([[0.6, 0.8], [0, 0]], np.float32)
    assert np.array_equal(add_texts(profiles, np.zeros((2, 3, 2), np.float32)), profiles)


def test_texts_alone_are_weighed_by_their_age() -> None:
    found = add_texts(NONE[None], np.stack([X, Y])[None])[0]
    expected = np.array([1, DECAY]) / np.hypot(1, DECAY)
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_profile_and_all_texts_together_count_alike() -> None:
    for texts in ([Y], [Y, Y], [Y, NONE, NONE]):
        found = add_texts(X[None], np.stack(texts)[None])[0]
        np.testing.assert_allclose(found, [0.5**0.5, 0.5**0.5], atol=1e-6)


def test_each_user_is_moved_by_the_own_texts() -> None:
    texts = np.stack([np.stack([X, NONE]), np.stack([NONE, NONE])])
    found = add_texts(np.stack([Y, Y]), texts)
    assert found[1].tolist() == Y.tolist()
    assert found[0] @ X == pytest.approx(0.5**0.5)
