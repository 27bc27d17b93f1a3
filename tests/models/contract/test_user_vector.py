"""The retrieval vector by hand."""

import numpy as np
import pytest

from models.contract.arrays import Floats
from models.contract.events import Event, column_events, user_events
from models.contract.feedback import read_feedback
from models.contract.user_vector import (
    DISLIKE_PUSH,
    PUSHING_ITEMS,
    SKIP_PUSH,
    NegativeItems,
    add_bias,
    push_away,
    pushing_items,
    retrieval_vector,
    strip_bias,
    weigh_recency,
)


def floats(*numbers: float) -> Floats:
    return np.array(numbers, dtype=np.float32)


def pushing(*events: tuple[str, str]) -> dict[int, float]:
    columns = column_events([[Event(item, action, at) for at, (item, action) in enumerate(events)]], int)
    negative = pushing_items(columns, read_feedback(columns, None))
    return dict(zip(negative.rows.tolist(), negative.gains.tolist(), strict=True))


def test_a_dislike_counts_before_a_skip_and_praise_takes_both_back() -> None:
    events = (("1", "dislike"), ("2", "skip"), ("1", "skip"), ("3", "dislike"), ("3", "like"), ("4", "view"))
    assert pushing(*events) == {1: DISLIKE_PUSH, 2: SKIP_PUSH}
    assert pushing(*events, ("2", "like")) == {1: DISLIKE_PUSH}
    assert pushing(("1", "view")) == pushing() == {}


def test_the_newest_ten_of_each_kind_push() -> None:
    disliked = [(str(row), "dislike") for row in range(12)]
    skipped = [(str(row), "skip") for row in range(20, 32)]
    made = pushing(*disliked, *skipped)
    assert [row for row, gain in made.items() if gain == DISLIKE_PUSH] == list(range(11, 1, -1))
    assert [row for row, gain in made.items() if gain == SKIP_PUSH] == list(range(31, 21, -1))
    assert len(made) == 2 * PUSHING_ITEMS


def test_an_earlier_moment_does_not_see_a_later_dislike() -> None:
    columns = column_events([[], [Event("1", "view", 0), Event("2", "dislike", 1)]], int)
    feedback = read_feedback(columns, None)
    assert pushing_items(user_events(columns, 1, before=1), feedback[:1]).rows.tolist() == []
    assert pushing_items(user_events(columns, 1), feedback).rows.tolist() == [2]


def test_the_push_takes_its_gain_from_the_item_itself() -> None:
    """Items (1, 0), (1, 2) and (3, 4) around a mean of (1, 0): the steps are 0, -3 (0, 2) / 4 and -1 (2, 4) / 20."""
    vectors, mean = np.stack([floats(1, 0), floats(1, 2), floats(3, 4)]), floats(1, 0)
    negative = NegativeItems(np.array([1, 2, 0, -1]), floats(3, 1, 3, 3))
    np.testing.assert_allclose(push_away(vectors, mean, negative), [-0.1, -1.5 - 0.2], atol=1e-6)
    alone = push_away(vectors, mean, NegativeItems(np.array([1]), floats(3)))
    assert (vectors[1] - mean) @ alone == pytest.approx(-3)
    nothing = push_away(vectors, mean, NegativeItems(np.zeros(0, dtype=np.int64), floats()))
    assert nothing.tolist() == [0, 0]


def test_popularity_takes_from_a_stranger_but_not_from_a_known_user() -> None:
    """And recent popularity counts with its gain."""
    base, push = floats(2, -4), floats(0.5, 0)
    assert retrieval_vector(base, push, 0.25, tower_events=3, recency=2).tolist() == [2.5, -4, 0.25, 0.5]
    assert retrieval_vector(base, push, 0.25, tower_events=0, recency=0).tolist() == [1, -1, 0.25, 0]
    assert retrieval_vector(base, push, 1.0, tower_events=0, recency=4).tolist() == [2.5, -4, 1, 4]


def test_another_weight_of_recent_popularity_changes_nothing_else() -> None:
    assert weigh_recency(floats(2, -4, 0.5, 1), 3).tolist() == [2, -4, 0.5, 1.5]


def test_a_row_of_the_item_table_is_vector_bias_and_recent_popularity() -> None:
    row = add_bias(floats(1, 2)[None], floats(3), floats(4))
    assert row.tolist() == [[1, 2, 3, 4]]
    assert strip_bias(row).tolist() == [[1, 2]] and strip_bias(row[0]).tolist() == [1, 2]
