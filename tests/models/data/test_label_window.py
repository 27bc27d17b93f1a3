"""Conditions widened to later interactions, by hand and against the plain definition."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.contract.predicate import Truth
from models.contract.tasks import Per
from models.data.interactions import Interactions
from models.data.label_window import widen_condition


def build_log(rows: list[tuple[int, int, float]]) -> Interactions:
    """Rows of (user, item, time)."""
    users, items, times = (
        (np.array(column) for column in zip(*rows, strict=True)) if rows else np.zeros((3, 0))
    )
    return Interactions(
        users=users.astype(np.int32),
        items=items.astype(np.int32),
        times=times.astype(np.float64),
        values=np.zeros(len(rows), dtype=np.float32),
        actions=np.zeros(len(rows), dtype=np.int32),
        action_names=("view",),
        contexts={},
    )


def truth_of(states: list[bool | None]) -> Truth:
    return Truth(
        np.array([one is True for one in states], dtype=np.bool_),
        np.array([one is False for one in states], dtype=np.bool_),
    )


def read(truth: Truth) -> list[bool | None]:
    return [bool(true) if known else None for true, known in zip(truth.true, truth.known, strict=True)]


def test_what_counts_is_of_the_same_user_and_item_and_not_too_late() -> None:
    log = build_log([(0, 5, 0.0), (0, 5, 10.0), (0, 6, 12.0), (1, 5, 13.0), (0, 5, 21.0), (9, 9, 99.0)])
    bought = truth_of([False, True, False, False, True, False])
    assert read(widen_condition(bought, log, 10.0)) == [True, True, False, False, True, None]
    assert read(widen_condition(bought, log, 9.0)) == [False, True, False, False, True, None]


def test_rows_of_one_moment_count_for_each_other() -> None:
    log = build_log([(0, 5, 1.0), (0, 5, 1.0), (0, 5, 1.0), (0, 5, 9.0)])
    assert read(widen_condition(truth_of([False, True, False, False]), log, 2.0)) == [True, True, True, None]


def test_what_is_unknown_stays_so_unless_the_condition_is_met() -> None:
    log = build_log([(0, 5, 1.0), (0, 5, 2.0), (0, 5, 3.0), (0, 6, 1.0), (0, 6, 2.0), (1, 1, 50.0)])
    truth = truth_of([False, None, True, False, None, False])
    assert read(widen_condition(truth, log, 5.0)) == [True, True, True, None, None, None]


def test_no_label_looks_beyond_its_part() -> None:
    """Parts begin at 10 and 20: what would need 10 or later is unknown before it, though the log has it."""
    log = build_log(
        [(0, 5, 1.0), (0, 5, 6.0), (0, 5, 9.0), (0, 5, 11.0), (0, 5, 14.0), (0, 5, 16.0), (0, 5, 30.0)]
    )
    truth = truth_of([False, False, False, True, False, True, True])
    found = read(widen_condition(truth, log, 5.0, cuts=(10.0, 20.0)))
    assert found == [False, None, None, True, True, None, None]
    assert read(widen_condition(truth, log, 5.0))[:3] == [False, True, True]


def test_of_a_user_what_comes_later_counts_whichever_the_item() -> None:
    """The row itself does not count, nor another one at its moment."""
    log = build_log([(0, 5, 0.0), (1, 5, 1.0), (0, 6, 3.0), (0, 7, 3.0), (0, 8, 9.0), (1, 6, 40.0)])
    bought = truth_of([False, False, True, False, False, True])
    found = read(widen_condition(bought, log, 5.0, per=Per.USER))
    assert found == [True, False, False, False, False, None]
    clear = truth_of([True, True, True, None, True, True])
    assert read(widen_condition(clear, log, 3.0, per=Per.USER)) == [True, False, False, False, False, None]
    assert (
        read(widen_condition(truth_of([True, True, False, None, True, True]), log, 3.0, per=Per.USER))[0]
        is None
    )


def test_an_empty_log() -> None:
    for per in Per:
        assert read(widen_condition(truth_of([]), build_log([]), 5.0, per=per)) == []


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2), st.integers(0, 2), st.integers(0, 12), st.sampled_from([True, False, None])
        ),
        max_size=25,
    ),
    st.integers(1, 6),
    st.sampled_from(Per),
)
def test_it_is_what_the_definition_says(
    rows: list[tuple[int, int, int, bool | None]], within: int, per: Per
) -> None:
    log, truth = build_log([(u, i, float(t)) for u, i, t, _ in rows]), truth_of([state for *_, state in rows])
    last = max((t for _, _, t, _ in rows), default=0)
    expected: list[bool | None] = []
    for user, item, time, _ in rows:
        if per is Per.EVENT:
            states = [
                state for u, i, t, state in rows if (u, i) == (user, item) and time <= t <= time + within
            ]
        else:
            states = [state for u, _, t, state in rows if u == user and time < t <= time + within]
        clear = True if True in states else None if None in states else False
        expected.append(clear if time + within <= last else None)
    assert read(widen_condition(truth, log, float(within), per=per)) == expected
