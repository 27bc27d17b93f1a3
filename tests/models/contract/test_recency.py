"""Who returns, and what that does to the weight of recent popularity, by hand."""

import numpy as np
import pytest
from pydantic import ValidationError

from models.contract.events import Event, column_events
from models.contract.recency import NO_EVENT, SESSION_GAP_S, RecencyGains, find_returning, newest_times
from models.contract.unix_time import NO_TIME

DAY = 86_400.0


def test_the_newest_event_of_each_user() -> None:
    """A user without events has none; one with earlier events alone has no time."""
    histories = [[Event("1", "view", 3.0), Event("2", "view", 9.0)], [], [Event("1", "view", NO_TIME)]]
    assert newest_times(column_events(histories, int)).tolist() == [9.0, NO_EVENT, NO_TIME]


def test_a_user_returns_half_an_hour_after_the_last_event() -> None:
    newest = np.array([DAY, DAY, NO_EVENT, NO_TIME, DAY])
    now = np.array([DAY + SESSION_GAP_S - 1, DAY + SESSION_GAP_S, DAY, DAY, np.nan])
    assert find_returning(newest, now, timed=True).tolist() == [False, True, True, True, False]


def test_in_a_log_without_times_nobody_returns_but_who_is_new_is_new() -> None:
    newest = np.array([7.0, NO_EVENT])
    assert find_returning(newest, np.array([9e9, 9e9]), timed=False).tolist() == [False, True]


def test_a_moment_that_is_not_known_is_within_a_session() -> None:
    newest = np.array([DAY, NO_EVENT])
    assert find_returning(newest, np.full(2, np.nan), timed=True).tolist() == [False, True]


def test_each_user_has_the_gain_of_their_class() -> None:
    gains = RecencyGains(in_session=0.5, returning=3.0)
    assert gains.of(np.array([True, False])).tolist() == [3.0, 0.5]
    for impossible in ({"in_session": -1.0}, {"returning": float("inf")}, {"other": 1.0}):
        with pytest.raises(ValidationError):
            RecencyGains.model_validate(impossible)


def test_a_session_that_is_older_than_the_stored_history_does_not_make_a_return() -> None:
    """Three users: the second has no event, and the newest of the first is not the last."""
    histories = [[Event("1", "view", 9.0), Event("2", "view", 3.0)], [], [Event("1", "view", 5.0)]]
    assert newest_times(column_events(histories, int)).tolist() == [9.0, NO_EVENT, 5.0]
    assert newest_times(column_events([], int)).tolist() == []
