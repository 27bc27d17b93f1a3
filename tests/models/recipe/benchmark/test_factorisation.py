"""ALS and BPR on two groups of users who share no item."""

import io
import sys

import numpy as np
import pytest
from rich.console import Console
from scipy import sparse

from models.evaluation.baselines.protocol import BaselineRefusedError
from models.evaluation.protocols import InteractionSet
from models.recipe.benchmark.factorisation import Als, Bpr, als_grid, bpr_grid
from models.recipe.benchmark.families import ALL
from models.recipe.benchmark.methods import Family
from models.recipe.benchmark.run import rank_baselines
from models.recipe.benchmark.user_baseline import UserBaseline
from tests.models.recipe.benchmark.test_result import one_list

USERS, ITEMS = 40, 20
METHODS = (Als(2, 10.0, 0.1), Bpr(2, 0.05, 0.003))


def two_groups() -> InteractionSet:
    """Even users have even items and odd users odd ones, all but two of them each; user 40 has nothing."""
    pairs = [
        (user, item)
        for user in range(USERS)
        for item in range(user % 2, ITEMS, 2)
        if (item - user) % ITEMS not in (0, 2)
    ]
    users, items = (np.array(column) for column in zip(*pairs, strict=True))
    return InteractionSet(
        users, items, np.arange(len(users), dtype=np.float64), USERS + 1, ITEMS, timed=False
    )


def score(baseline: UserBaseline, users: list[int]) -> np.ndarray:
    interactions = two_groups()
    histories = sparse.csr_array(interactions.matrix().astype(np.float32)[users])
    return baseline.fit(interactions)(np.array(users), histories)


@pytest.mark.parametrize("baseline", METHODS, ids=["als", "bpr"])
def test_a_user_gets_the_items_of_the_own_group(baseline: UserBaseline) -> None:
    """The two items that the user lacks are above all of the other group."""
    users = list(range(USERS))
    scores = score(baseline, users)
    assert scores.shape == (USERS, ITEMS) and scores.dtype == np.float32
    for user in users:
        missing = [user % ITEMS, (user + 2) % ITEMS]
        others = np.arange(1 - user % 2, ITEMS, 2)
        assert scores[user, missing].min() > scores[user, others].max()


@pytest.mark.parametrize("baseline", METHODS, ids=["als", "bpr"])
def test_equal_events_give_equal_scores(baseline: UserBaseline) -> None:
    np.testing.assert_array_equal(score(baseline, [0, 7]), score(baseline, [0, 7]))


@pytest.mark.parametrize("baseline", METHODS, ids=["als", "bpr"])
def test_a_user_without_history_gets_popular_items(baseline: UserBaseline) -> None:
    popularity = two_groups().popularity()
    (scores,) = score(baseline, [USERS])
    np.testing.assert_allclose(scores, popularity / (popularity.max() + 1), rtol=1e-6)


def test_the_grids_hold_each_settings_once() -> None:
    for grid in (als_grid(), bpr_grid()):
        assert len({each.settings for each in grid}) == len(grid) > 1


def test_without_the_package_the_rows_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit.cpu.als", None)  # how Python marks a module as not to be found
    monkeypatch.setitem(sys.modules, "implicit.cpu.bpr", None)
    for baseline in METHODS:
        with pytest.raises(BaselineRefusedError, match="'benchmark' extra"):
            baseline.fit(two_groups())
    families = [Family(METHODS[:1], {"ALS": ALL}), Family(METHODS[1:], {"BPR": ALL})]
    held_out = one_list()
    stream = io.StringIO()
    ranked, left_out = rank_baselines(families, held_out, held_out, Console(file=stream, width=200))
    assert ranked == [] and list(left_out) == ["ALS", "BPR"]
    assert stream.getvalue().count("left out, it needs the package implicit") == 2
