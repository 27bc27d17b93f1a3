"""The ages of items, from the first event of each."""

import numpy as np
import pytest

from app.bundle.item_ages import DAY_S, ItemAges, measure_item_ages
from models.contract.events import EventColumns
from models.contract.unix_time import NO_TIME

NOW = 1_763_740_800.0


def columns(items: list[int], times: list[float]) -> EventColumns:
    count = len(items)
    return EventColumns(
        offsets=np.array([0, count]),
        items=np.array(items),
        actions=np.zeros(count, dtype=np.int64),
        times=np.array(times),
        values=np.zeros(count, dtype=np.float32),
        action_names=("click",),
    )


def test_the_first_event_of_an_item_says_its_age() -> None:
    days = [400.0, 0.5, 3.0, 20.0, 200.0, 0.25]
    history = columns([0, 1, 2, 3, 4, 0, -2], [*(NOW - day * DAY_S for day in days), NOW])
    ages = measure_item_ages(history, 6, timed=True)
    names = [ages.name(row, NOW) for row in (0, 1, 2, 3, 4, 5, 6, None)]
    assert names == ["older", "day", "week", "month", "year", "new", "new", "new"]


@pytest.mark.parametrize(
    "ages",
    [
        ItemAges(),
        measure_item_ages(columns([], []), 3, timed=True),
        measure_item_ages(columns([0], [5.0]), 3, timed=False),
        measure_item_ages(columns([0], [NO_TIME]), 3, timed=True),
    ],
)
def test_without_times_ages_are_unknown(ages: ItemAges) -> None:
    assert ages.name(0, NOW) == "unknown"
