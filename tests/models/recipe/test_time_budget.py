"""The time limit shared by hand: 10 minutes, refreshes of 1.125 and 1.25 epochs of training."""

from dataclasses import replace

import pytest

from models.recipe.time_budget import FULL_REFRESH, TEST_REFRESH, TimeBudget

BUDGET = TimeBudget(10.0, 3, {TEST_REFRESH: 1.125, FULL_REFRESH: 1.25})


@pytest.mark.parametrize(
    ("epoch_seconds", "reserve"),
    [(0.0, 0.0), (8.0, 57.0), (40.0, 285.0), (60.0, 300.0)],  # 3 * 2.375 epochs, at most half of 600 s
)
def test_the_reserve(epoch_seconds: float, reserve: float) -> None:
    assert BUDGET.reserve(epoch_seconds) == pytest.approx(reserve)


@pytest.mark.parametrize(
    ("name", "spent", "seconds", "epochs"),
    [
        (TEST_REFRESH, 300.0, [40.0], 3),  # 3 * 2.375 * 40 = 285
        (TEST_REFRESH, 300.0, [50.0, 70.0], 2),  # 300 / (2.375 * 60) = 2.1
        (TEST_REFRESH, 300.0, [200.0], 0),
        (FULL_REFRESH, 300.0, [200.0], 1),  # 300 / (1.25 * 200) = 1.2
        (FULL_REFRESH, 600.0, [0.0], 0),
        (TEST_REFRESH, 0.0, [0.0], 3),
        (TEST_REFRESH, 0.0, [], 0),
    ],
)
def test_the_epochs_of_a_refresh(name: str, spent: float, seconds: list[float], epochs: int) -> None:
    assert BUDGET.affordable_epochs(name, spent, seconds) == epochs


@pytest.mark.parametrize(
    ("changes", "refreshes"),
    [
        ({}, {TEST_REFRESH: 1350 / 1200, FULL_REFRESH: 1500 / 1200}),
        ({"export": {"fit": "train"}}, {TEST_REFRESH: 1350 / 1200}),
    ],
)
def test_the_refreshes_of_a_job(shop_job, shop_data, changes, refreshes) -> None:
    job = shop_job.model_validate(shop_job.model_dump() | changes)
    assert TimeBudget.of(replace(shop_data, job=job)).refreshes == refreshes
