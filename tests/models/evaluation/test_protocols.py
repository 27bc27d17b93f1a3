"""The two protocols: who is asked, what was known, what counts as right."""

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.protocols import RankingCase, build_cutoff_case, build_next_event_case, find_new_events


def rows(matrix: sparse.csr_array) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in matrix.toarray()]


@pytest.fixture
def before(make_log):
    return make_log([(0, 0, 1), (0, 1, 2), (1, 2, 3), (0, 1, 4)], 4, 5)


@pytest.fixture
def after(make_log):
    # user 0: 3, 1 again, 4; user 1: only 2 again; user 3, new: 0 twice
    return make_log([(0, 3, 5), (3, 0, 5), (0, 1, 6), (1, 2, 7), (0, 4, 8), (3, 0, 9)], 4, 5)


def test_at_the_cut_a_user_has_one_list_and_what_was_seen_is_not_relevant(before, after) -> None:
    case = build_cutoff_case(before, after)
    assert case.users.tolist() == [0, 3]
    assert rows(case.seen) == [[0, 1], []]
    assert rows(case.relevant) == [[3, 4], [0]]


def test_next_event_knows_all_before_it_and_nothing_after(before, after) -> None:
    events = find_new_events(before, after)
    case = build_next_event_case(before, after, events)
    assert events.tolist() == [0, 1, 4]
    assert case.users.tolist() == [0, 3, 0]
    assert rows(case.seen) == [[0, 1], [], [0, 1, 3]]
    assert rows(case.relevant) == [[3], [0], [4]]


def test_a_chosen_event_has_the_list_it_has_among_all(before, after) -> None:
    case = build_next_event_case(before, after, find_new_events(before, after)[[2]])
    assert (case.users.tolist(), rows(case.seen), rows(case.relevant)) == ([0], [[0, 1, 3]], [[4]])


def test_a_test_split_without_news_gives_no_lists(before, make_log) -> None:
    again = make_log([(0, 1, 9)], 4, 5)
    assert len(build_cutoff_case(before, again)) == 0
    for none in (again, make_log([], 4, 5)):
        assert len(events := find_new_events(before, none)) == 0
        assert len(build_next_event_case(before, none, events)) == 0


def test_lists_are_taken_by_number(before, after) -> None:
    case = build_cutoff_case(before, after).take(np.array([1]))
    assert (case.users.tolist(), rows(case.seen), rows(case.relevant)) == ([3], [[]], [[0]])


def test_popularity_counts_users_not_events(before) -> None:
    assert before.popularity().tolist() == [1, 1, 1, 0, 0]


@pytest.mark.parametrize(
    ("seen", "relevant", "said"),
    [
        ([[1, 0]], [[0, 0]], "at least one relevant"),
        ([[1, 0]], [[1, 0]], "not seen"),
        ([[1, 0]], [[1]], "seen and"),
    ],
)
def test_a_case_that_cannot_be_right_is_refused(seen, relevant, said) -> None:
    with pytest.raises(ValueError, match=said):
        RankingCase(np.array([0]), sparse.csr_array(seen, dtype=bool), sparse.csr_array(relevant, dtype=bool))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ((4, 0, 9.0), "users in"),
        ((0, 5, 9.0), "items in"),
        ((0, -1, 9.0), "items in"),
        ((0, 0, -1.0), "go back"),
    ],
)
def test_interactions_out_of_range_or_order_are_refused(make_log, row, said) -> None:
    with pytest.raises(ValueError, match=said):
        make_log([(0, 0, 0.0), row], 4, 5)
