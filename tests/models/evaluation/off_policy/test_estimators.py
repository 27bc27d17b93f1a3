"""Every estimator on two lists by hand, and its terms over users."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.off_policy.estimators import ESTIMATORS, find_value, total_by_user
from models.evaluation.off_policy.logged_lists import LoggedLists
from models.evaluation.off_policy.support import measure_support
from models.evaluation.off_policy.values import estimate_values

# Weights of the places: 2 and 0.5 of the first list, so 2 and 1 down to them; 0.5 and 2, so 0.5 and 1, of the second.
TWO = LoggedLists(
    reward=np.array([[1.0, 0.0], [1.0, 3.0]]),
    logged=np.array([[0.25, 0.5], [0.5, 0.25]]),
    target=np.array([[0.5, 0.25], [0.25, 0.5]]),
    present=np.ones((2, 2), dtype=np.bool_),
    users=np.array([0, 1]),
    predicted=np.full((2, 2), 0.5),
    expected=np.full((2, 2), 0.25),
)


def value(name: str, lists: LoggedLists = TWO) -> float:
    terms = ESTIMATORS[name](lists)
    totals = total_by_user(terms, lists).sum(axis=0)
    return float(find_value(totals, normalised=terms.weight is not None))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("logged", (1 + 4) / 2),
        ("ips", (1 * 1 + 1 * 4) / 2),
        ("snips", 1 / 2 * (1 + 1) + 1 / 2 * 3),  # both lists weigh 1
        ("rips", (2 * 1 + 1 * 0 + 0.5 * 1 + 1 * 3) / 2),
        ("snrips", (2 * 1 + 0.5 * 1) / 2.5 + (0 + 3) / 2),
        # first list: 2 * .5 + .25, 1 * -.5 + 2 * .25; second: .5 * .5 + .25, 1 * 2.5 + .5 * .25
        ("dr", (1.25 + 0.0 + 0.5 + 2.625) / 2),
    ],
)
def test_a_value_by_hand(name: str, expected: float) -> None:
    assert value(name) == pytest.approx(expected)


def test_a_place_that_a_list_lacks_earns_nothing() -> None:
    """The second list has one place: at the second place the first list alone weighs, for half of the lists."""
    short = replace(
        TWO,
        reward=np.array([[1.0, 4.0], [1.0, 0.0]]),
        logged=np.array([[0.25, 0.5], [0.5, 1.0]]),
        target=np.array([[0.5, 0.25], [0.25, 1.0]]),
        present=np.array([[True, True], [True, False]]),
    )
    assert value("snrips", short) == pytest.approx((2 * 1 + 0.5 * 1) / 2.5 + 4 / 2)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_logged_policy_has_its_own_value(name: str) -> None:
    same = replace(TWO, target=TWO.logged, expected=TWO.predicted)
    assert value(name, same) == pytest.approx(2.5)


def test_a_policy_that_the_log_never_follows_has_no_normalised_value() -> None:
    never = replace(TWO, target=np.zeros((2, 2)))
    values = estimate_values(never, resamples=20)
    assert values["snips"].value is None and values["snrips"].difference is None
    assert values["logged"].value is not None


def test_users_are_drawn_with_all_their_lists() -> None:
    """One user has no variance; the values do not depend on who has which list."""
    one = estimate_values(replace(TWO, users=np.array([0, 0])), resamples=50)["ips"].value
    two = estimate_values(TWO, resamples=50)["ips"].value
    assert one is not None and two is not None
    assert one.low == one.mean == one.high == two.mean and two.low < two.high


def test_support_by_hand() -> None:
    support = measure_support(TWO)
    assert (support.lists, support.users, support.mean_weight, support.fixed_lists) == (2, 2, 1.0, 0.0)
    assert support.effective_lists == 2.0
    assert support.effective_prefixes == pytest.approx((2.5**2 / 4.25, 2.0))
    assert len(support.warnings) == 1 and "2 effective lists" in support.warnings[0]


def test_a_log_without_chance_is_warned_of() -> None:
    fixed = replace(TWO, logged=np.ones((2, 2)))
    warnings = " ".join(measure_support(fixed).warnings)
    assert "100% of the lists were shown without chance" in warnings and "mean weight is 0.12" in warnings


@pytest.mark.parametrize(
    "change",
    [
        lambda: replace(TWO, logged=np.array([[0.0, 1], [1, 1]])),
        lambda: replace(TWO, target=np.ones((2, 3))),
        lambda: replace(TWO, users=np.zeros(3, dtype=np.int64)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(change: Callable[[], LoggedLists]) -> None:
    with pytest.raises(ValueError, match="expected"):
        change()
