"""A clear intent: the last items are of one category, which chance would hardly give."""

import pytest

from models.ranking.intent import has_clear_intent, measure_shares

A, B, AB, NONE = frozenset("a"), frozenset("b"), frozenset("ab"), frozenset[str]()
SHARES = {"a": 0.25, "b": 0.5}


@pytest.mark.parametrize(
    ("recent", "clear"),
    [
        ([A, A, A], True),  # 1 in 64 by chance
        ([A, AB, A], True),
        ([A, A], False),
        ([B, B, B], False),  # 1 in 8
        ([B, B, B, B, B], False),  # 1 in 32
        ([A, A, B, A, A, A, A, A], True),  # only the last five are read
        ([A, A, A, B], False),
        ([A, NONE, A, NONE, A], True),  # what has no label says nothing
        ([NONE, NONE, NONE], False),
        ([], False),
    ],
)
def test_the_last_items_decide(recent, clear):
    assert has_clear_intent(reversed(recent), SHARES) == clear


def test_a_label_that_the_catalogue_lacks_is_no_chance():
    assert has_clear_intent([frozenset("z")] * 3, SHARES)


def test_shares_by_hand():
    assert measure_shares([A, AB, NONE, B]) == {"a": 0.5, "b": 0.5}
    assert measure_shares([]) == {}
