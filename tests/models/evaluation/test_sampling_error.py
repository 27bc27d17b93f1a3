"""Standard errors by hand."""

import math

import numpy as np
import pytest

from models.evaluation.sampling_error import BLOCKS, block_error, clustered_error


def test_lists_of_different_users_give_the_ordinary_standard_error() -> None:
    differences = np.array([0.1, 0.3, -0.2, 0.4])
    assert clustered_error(differences, np.arange(4)) == pytest.approx(differences.std(ddof=1) / 2)


def test_lists_of_one_user_count_as_dependent() -> None:
    # mean 0; sums of the users 2 and -2: sqrt(2 / 1 * (4 + 4)) / 4
    assert clustered_error(np.array([1.0, 1, -1, -1]), np.array([7, 7, 3, 3])) == 1
    assert clustered_error(np.array([1.0, 1, -1, -1]), np.array([7, 3, 7, 3])) == 0


@pytest.mark.parametrize("n", [0, 1, 3])
def test_fewer_than_two_users_tell_nothing(n: int) -> None:
    assert math.isnan(clustered_error(np.ones(n), np.zeros(n, dtype=np.int64)))


def test_the_spread_over_blocks_is_the_error_of_the_whole() -> None:
    values = np.repeat(np.arange(BLOCKS, dtype=float), 3)
    expected = np.arange(BLOCKS).std(ddof=1) / np.sqrt(BLOCKS)
    assert block_error(lambda rows: float(values[rows].mean()), len(values)) == pytest.approx(expected)


def test_undefined_blocks_are_left_out() -> None:
    values = np.array([1.0, np.nan, 3.0])
    assert block_error(lambda rows: float(values[rows].mean()), 3) == pytest.approx(1.0)  # sqrt(2) / sqrt(2)
    assert math.isnan(block_error(lambda rows: math.nan, 100))
    assert math.isnan(block_error(lambda rows: 0.0, 0))
