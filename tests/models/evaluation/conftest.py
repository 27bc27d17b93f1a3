"""Small logs: one worked by hand, one with a pattern that popularity cannot see."""

from typing import NamedTuple

import numpy as np
import pytest

from models.evaluation.protocols import InteractionSet


class Crowds(NamedTuple):
    """A log in parts."""

    train: InteractionSet
    valid: InteractionSet
    train_and_valid: InteractionSet
    test: InteractionSet


def log(rows: list[tuple[int, int, float]], n_users: int, n_items: int, timed: bool = True) -> InteractionSet:
    users, items, times = (np.array(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    return InteractionSet(
        np.asarray(users, np.int64),
        np.asarray(items, np.int64),
        np.asarray(times, float),
        n_users,
        n_items,
        timed,
    )


@pytest.fixture
def make_log():
    return log


@pytest.fixture(scope="session")
def crowds() -> Crowds:
    """60 users in three crowds, each crowd with 20 of 60 items to itself."""
    random = np.random.default_rng(3)
    rows = []
    for user in range(60):
        items = random.permutation(20)[:14] + 20 * (user % 3)
        rows += [(user, int(item), 86_400.0 * place) for place, item in enumerate(items)]
    rows.sort(key=lambda row: row[2])
    train, valid, train_and_valid, test = (
        log(rows[first:last], 60, 60) for first, last in ((0, 600), (600, 720), (0, 720), (720, 840))
    )
    return Crowds(train, valid, train_and_valid, test)
