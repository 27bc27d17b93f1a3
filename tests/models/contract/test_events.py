"""Events as columns: cut, selected, and one user taken out."""

import numpy as np

from models.contract.events import Event, EventColumns, column_events, last_events, select_events, user_events


def columns() -> EventColumns:
    """Three users with 3, 0 and 2 events of the items 0 to 4."""
    users = [[Event(str(item), "view", float(item)) for item in items] for items in ((0, 1, 2), (), (3, 4))]
    return column_events(users, int)


def test_one_user_and_an_earlier_moment_of_theirs() -> None:
    assert user_events(columns(), 2).items.tolist() == [3, 4]
    assert user_events(columns(), 0, before=2).items.tolist() == [0, 1]
    earlier = user_events(columns(), 2, before=9)
    assert earlier.items.tolist() == [3, 4] and earlier.offsets.tolist() == [0, 2]
    assert len(user_events(columns(), 1)) == 0


def test_a_selection_keeps_the_users_and_their_order() -> None:
    kept = select_events(columns(), np.array([False, True, True, False, True]))
    assert kept.offsets.tolist() == [0, 2, 2, 3]
    assert kept.items.tolist() == [1, 2, 4] and kept.times.tolist() == [1, 2, 4]


def test_the_last_events_are_those_of_each_user() -> None:
    assert last_events(columns(), 2).tolist() == [False, True, True, True, True]
    assert last_events(columns(), 1).tolist() == [False, False, True, False, True]
    assert not last_events(columns(), 0).any()
