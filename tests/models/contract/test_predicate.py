"""The evaluation of a predicate tree in three truth values, by hand."""

import numpy as np
import pytest

from models.contract.predicate import (
    All,
    AnyOf,
    Compare,
    Not,
    Operator,
    Predicate,
    Truth,
    comparisons,
    evaluate,
)

FIRST, SECOND = Compare("first", Operator.EXISTS, True), Compare("second", Operator.EXISTS, True)
# Every pair of truth values: t true, f false, ? unknown.
COLUMNS = {"first": "tttfff???", "second": "tf?tf?tf?"}


def column(node: Compare) -> Truth:
    letters = np.array(list(COLUMNS[node.field]))
    return Truth(letters == "t", letters == "f")


def letters(predicate: Predicate) -> str:
    truth = evaluate(predicate, column, 9)
    assert not (truth.true & truth.false).any()
    assert np.array_equal(truth.known, truth.true | truth.false)
    return "".join(
        "t" if true else "f" if false else "?" for true, false in zip(truth.true, truth.false, strict=True)
    )


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (FIRST, "tttfff???"),
        (Not(FIRST), "fffttt???"),
        (All((FIRST, SECOND)), "tf?fff?f?"),
        (AnyOf((FIRST, SECOND)), "ttttf?t??"),
        (Not(All((FIRST, SECOND))), "ft?ttt?t?"),
        (All((FIRST,)), "tttfff???"),
        (AnyOf((SECOND,)), "tf?tf?tf?"),
        (All(()), "ttttttttt"),
        (AnyOf(()), "fffffffff"),
        (All((FIRST, SECOND, AnyOf(()))), "fffffffff"),
    ],
)
def test_truth_table(predicate: Predicate, expected: str) -> None:
    assert letters(predicate) == expected


def test_not_of_all_is_any_of_nots() -> None:
    assert letters(Not(All((FIRST, SECOND)))) == letters(AnyOf((Not(FIRST), Not(SECOND))))
    assert letters(Not(AnyOf((FIRST, SECOND)))) == letters(All((Not(FIRST), Not(SECOND))))


def test_a_leafs_masks_are_left_alone() -> None:
    held = Truth(np.array([True, False]), np.array([False, True]))
    evaluate(AnyOf((FIRST, All((FIRST, Not(SECOND))))), lambda _node: held, 2)
    assert held.true.tolist() == [True, False] and held.false.tolist() == [False, True]


def test_comparisons_from_left_to_right() -> None:
    tree = AnyOf((Not(SECOND), All((FIRST, SECOND))))
    assert list(comparisons(tree)) == [SECOND, FIRST, SECOND]


def test_anything_but_a_predicate_is_refused() -> None:
    wrong: Predicate = All((FIRST, "second"))
    with pytest.raises(TypeError, match="expected a part of a predicate, given str"):
        evaluate(wrong, column, 9)
    with pytest.raises(TypeError, match="expected a part of a predicate, given str"):
        list(comparisons(wrong))
