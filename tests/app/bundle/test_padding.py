"""Sequences of unlike lengths in one array."""

import numpy as np
import pytest

from app.bundle.padding import Sizes, group_by_length, pad


def test_what_is_behind_a_part_is_zero_and_not_its_own() -> None:
    parts = [np.array([[1.0, 2], [3, 4]]), np.zeros((0, 2)), np.array([[5.0, 6]])]
    whole, own = pad([part.astype(np.float32) for part in parts])
    assert whole.tolist() == [[[1, 2], [3, 4]], [[0, 0], [0, 0]], [[5, 6], [0, 0]]]
    assert own.tolist() == [[True, True], [False, False], [True, False]]


def test_parts_that_are_all_empty_have_no_width() -> None:
    whole, own = pad([np.zeros((0, 3), np.float32)] * 2)
    assert whole.shape == (2, 0, 3) and own.shape == (2, 0)


@pytest.mark.parametrize(
    ("sizes", "most", "batches"),
    [
        ([], (4,), []),
        ([(2,), (1,), (2,), (1,)], (4,), [[1, 3], [0, 2]]),
        ([(9,), (0,), (9,)], (4,), [[1], [0], [2]]),  # past the limit: each alone
        ([(1, 5), (1, 1), (1, 2)], (3, 6), [[1, 2], [0]]),
        ([(1, 0), (2, 0), (1, 0)], (4, 0), [[0, 2], [1]]),
    ],
)
def test_like_sizes_come_together_within_the_limits(
    sizes: list[Sizes], most: Sizes, batches: list[list[int]]
) -> None:
    assert list(group_by_length(sizes, most)) == batches
