"""Splits: the past is never predicted from the future, nothing is lost and nothing is in two parts."""

from itertools import chain

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.data.interactions import Interactions
from models.data.split import Split, split
from models.job.errors import JobError


def log(times: list[float], users: list[int] | None = None) -> Interactions:
    n = len(times)
    zeros = np.zeros(n, dtype=np.int64)
    return Interactions(
        users=zeros if users is None else np.array(users, dtype=np.int64),
        items=zeros,
        times=np.array(times, dtype=np.float64),
        values=np.full(n, np.nan, dtype=np.float32),
        actions=zeros,
        action_names=("view",),
        contexts={},
    )


def parts(found: Split) -> list[list[int]]:
    return [found.train.tolist(), found.valid.tolist(), found.test.tolist()]


def test_ten_moments() -> None:
    found = split(log([float(time) for time in range(100, 110)]), timed=True, valid=0.2, test=0.1)
    assert parts(found) == [[0, 1, 2, 3, 4, 5, 6], [7, 8], [9]]
    assert (found.valid_at, found.test_at) == (107, 109)


def test_rows_of_one_moment_stay_together() -> None:
    found = split(log([1, 1, 1, 1, 1, 1, 2, 2, 2, 3]), timed=True, valid=0.1, test=0.1)
    assert parts(found) == [[0, 1, 2, 3, 4, 5], [6, 7, 8], [9]]


def test_a_heavy_last_moment_leaves_something_for_each_part() -> None:
    found = split(log([1, 2, 3, 9, 9, 9, 9, 9, 9, 9]), timed=True, valid=0.1, test=0.1)
    assert parts(found) == [[0, 1], [2], [3, 4, 5, 6, 7, 8, 9]]


def test_no_test_part() -> None:
    found = split(log([1, 2, 3, 4]), timed=True, valid=0.25, test=0)
    assert parts(found) == [[0, 1, 2], [3], []]
    assert (found.valid_at, found.test_at) == (4, 5)


def test_too_few_moments() -> None:
    with pytest.raises(JobError, match="split: expected at least 3 distinct times to part, given 2"):
        split(log([1, 1, 2]), timed=True, valid=0.1, test=0.1)


@pytest.mark.parametrize(("valid", "test", "key"), [(1e-5, 0.1, "split.valid"), (0.1, 1e-5, "split.test")])
def test_a_share_of_no_event(valid: float, test: float, key: str) -> None:
    whole = log([float(time) for time in range(6000)])
    with pytest.raises(
        JobError, match=f"^{key}: expected a share of at least one event of 6,000, given 1e-05$"
    ):
        split(whole, timed=True, valid=valid, test=test)


def test_a_share_of_one_event_is_one() -> None:
    found = split(log([float(time) for time in range(6000)]), timed=True, valid=1 / 6000, test=1 / 6000)
    assert [len(part) for part in parts(found)] == [5998, 1, 1]


def test_a_tenth_of_the_fewest_moments() -> None:
    assert parts(split(log([1, 2, 3]), timed=True, valid=0.1, test=0.1)) == [[0], [1], [2]]


@given(
    times=st.lists(st.integers(0, 40), min_size=3, max_size=80).filter(lambda found: len(set(found)) > 2),
    valid=st.floats(0.09, 0.44),
    test=st.sampled_from([0.0, 0.09, 0.3, 0.44]),
)
def test_by_time_whatever_the_times(times: list[int], valid: float, test: float) -> None:
    whole = log(sorted(map(float, times)))
    found = split(whole, timed=True, valid=valid, test=test)
    assert sorted(chain.from_iterable(parts(found))) == list(range(len(times)))
    assert len(found.train) and len(found.valid) and bool(len(found.test)) == bool(test)
    assert whole.times[found.train].max() < found.valid_at <= whole.times[found.valid].min()
    assert whole.times[found.valid].max() < found.test_at
    assert (whole.times[found.test] >= found.test_at).all()


def test_by_user_the_last_events() -> None:
    users = [0, 1, 0, 2, 1, 0, 0, 2, 1]  # 0 has four events, 1 three, 2 two
    found = split(log([1, 1, 2, 2, 3, 4, 5, 6, 7], users), timed=False, valid=0.1, test=0.1)
    # user 0: rows 0 2 | 5 | 6; user 1: 1 | 4 | 8; user 2 has too few: 3 7
    assert parts(found) == [[0, 1, 2, 3, 7], [4, 5], [6, 8]]
    assert (found.valid_at, found.test_at) == (7, 7)


def test_by_user_at_least_the_share_and_no_more() -> None:
    found = split(log(list(range(30)), [0] * 30), timed=False, valid=0.1, test=0.05)
    assert parts(found) == [list(range(25)), [25, 26, 27], [28, 29]]


def test_by_user_without_test() -> None:
    assert parts(split(log([1, 2, 3], [0, 0, 1]), timed=False, valid=0.1, test=0)) == [[0, 2], [1], []]
    with pytest.raises(JobError, match="split: expected a user with at least 2 events, given none"):
        split(log([1, 2], [0, 1]), timed=False, valid=0.1, test=0)


@given(users=st.lists(st.integers(0, 5), min_size=20, max_size=80), valid=st.floats(0.01, 0.4))
def test_by_user_whatever_the_users(users: list[int], valid: float) -> None:
    whole = log([float(time) for time in range(len(users))], users)
    found = split(whole, timed=False, valid=valid, test=0.2)
    assert sorted(chain.from_iterable(parts(found))) == list(range(len(users)))
    for user in set(users):
        train, middle, end = (
            rows[whole.users[rows] == user] for rows in (found.train, found.valid, found.test)
        )
        assert len(train)
        assert not len(middle) or train.max() < middle.min() <= middle.max() < end.min()
        assert bool(len(middle)) == bool(len(end))
