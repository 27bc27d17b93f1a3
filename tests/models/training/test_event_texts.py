"""The newest texts before a moment, by hand, in a corpus of two users with four and three events."""

import numpy as np

from models.contract.events import Codes
from models.contract.features import NEWEST_TEXTS
from models.training.event_texts import EventTexts

TABLE = np.array([[1, 0], [0, 1], [0, 0]], np.float32)  # the last text is blank
LOG = Codes(("a", "b", " "), np.array([0, 1, -1, 2, 1, 0, -1], np.int32))
ORDER = np.array([0, 2, 1, 3, 6, 4, 5])  # of user 1: a, nothing, b, blank; of user 2: nothing, b, a
STARTS = np.array([0, 4])


def newest(user: int, stop: int) -> list[list[float]]:
    """The texts of a user before a corpus row."""
    texts = EventTexts.of(LOG, ORDER, TABLE)
    found = texts.newest(STARTS[[user]], np.array([stop]))[0]
    assert found.shape == (NEWEST_TEXTS, 2)
    return found[:2].tolist()


def test_the_newest_comes_first_and_no_text_is_of_another_user() -> None:
    assert EventTexts.of(LOG, ORDER, TABLE).rows.tolist() == [0, 2, 5, 6]
    assert newest(0, 4) == [[0, 1], [1, 0]]
    assert newest(1, 7) == [[1, 0], [0, 1]]
    assert newest(1, 5) == [[0, 0], [0, 0]]


def test_the_text_of_an_event_is_not_known_before_it() -> None:
    assert newest(0, 0) == [[0, 0], [0, 0]]
    assert newest(0, 2) == [[1, 0], [0, 0]]
    assert newest(0, 3) == [[0, 1], [1, 0]]


def test_only_so_many_count() -> None:
    many = Codes(("a", "b"), np.array([0, *[1] * NEWEST_TEXTS], np.int32))
    texts = EventTexts.of(many, np.arange(NEWEST_TEXTS + 1), TABLE[:2])
    found = texts.newest(np.array([0]), np.array([NEWEST_TEXTS + 1]))[0]
    assert found.tolist() == [[0, 1]] * NEWEST_TEXTS


def test_without_some_rows_the_others_keep_their_texts() -> None:
    kept = EventTexts.of(LOG, ORDER, TABLE).keep(np.array([0, 1, 2, 5, 6]))
    assert kept.rows.tolist() == [0, 2, 3, 4]


def test_without_any_text_there_is_none() -> None:
    empty = EventTexts.of(Codes((), np.full(7, -1, np.int32)), ORDER, np.zeros((0, 2), np.float32))
    assert not empty.newest(STARTS, np.array([4, 7])).any()
