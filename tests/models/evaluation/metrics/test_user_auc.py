"""Per-user AUC by hand."""

import math

import numpy as np
import pytest

from models.evaluation.metrics.user_auc import user_auc


def test_users_with_both_labels_count_by_their_events() -> None:
    """User 3 is right in 2 events and user 1 is wrong in half of 3; user 2 has one label alone."""
    users = np.array([1, 3, 2, 1, 3, 1])
    labels = np.array([1, 1, 1, 0, 0, 0])
    scores = np.array([0.5, 0.9, 0.1, 0.7, 0.2, 0.3])
    assert user_auc(scores, labels, users) == pytest.approx((0.5 * 3 + 1.0 * 2) / 5)


def test_without_a_user_of_both_labels_it_is_undefined() -> None:
    assert math.isnan(user_auc(np.array([0.5]), np.array([1]), np.array([0])))
    assert math.isnan(user_auc(np.zeros(0), np.zeros(0), np.zeros(0, dtype=np.int64)))


def test_other_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one shape"):
        user_auc(np.zeros(2), np.zeros(2), np.zeros(3, dtype=np.int64))
