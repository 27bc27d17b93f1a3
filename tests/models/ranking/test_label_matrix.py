"""The matrix of items and labels, by hand."""

import numpy as np
import pytest

from models.ranking.label_matrix import LabelMatrix

MATRIX = LabelMatrix.of([frozenset("ab"), frozenset("a"), frozenset()])


def by_name(matrix: LabelMatrix, values: np.ndarray) -> dict[str, float]:
    return {name: float(values[column]) for name, column in matrix.names.items()}


def test_counts_shares_and_means() -> None:
    assert by_name(MATRIX, MATRIX.count_labels()) == {"a": 2, "b": 1}
    assert by_name(MATRIX, MATRIX.share_labels([0, 2])) == {"a": 0.5, "b": 0.5}
    assert by_name(MATRIX, MATRIX.share_labels([])) == {"a": 0, "b": 0}
    weights = np.array([4.0 if name == "a" else 1.0 for name in MATRIX.names])
    assert MATRIX.average(weights).tolist() == [2.5, 4, 0]


def test_an_item_is_replaced_and_one_is_added() -> None:
    changed = MATRIX.with_items({0: frozenset("c"), 4: frozenset("a")})
    assert changed.items == 5 and MATRIX.items == 3
    assert by_name(changed, changed.count_labels()) == {"a": 2, "b": 0, "c": 1}
    assert by_name(changed, changed.share_labels([0])) == {"a": 0, "b": 0, "c": 1}
    assert by_name(MATRIX, MATRIX.count_labels()) == {"a": 2, "b": 1}


@pytest.mark.parametrize("labels", [[], [frozenset()]])
def test_without_a_label_there_is_nothing(labels: list[frozenset[str]]) -> None:
    matrix = LabelMatrix.of(labels)
    assert matrix.items == len(labels) and matrix.count_labels().tolist() == []
    assert matrix.average(np.zeros(0)).tolist() == [0] * len(labels)
