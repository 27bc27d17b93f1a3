"""Label sets of a table's rows: as the sets themselves, read as arrays."""

import numpy as np
import pytest

from models.ranking.label_overlap import multi_hot
from models.ranking.label_rows import LabelRows, LabelTable
from models.ranking.similarity import Similarity

SETS = [frozenset("ab"), frozenset("a"), frozenset(), frozenset("ab"), frozenset("c")]


def table(most_cells: int = 100) -> LabelTable:
    made = LabelTable.of(SETS, most_cells)
    assert made is not None
    return made


def test_the_rows_are_the_sets() -> None:
    rows = LabelRows(table(), np.array([3, 2, 0]))
    assert list(rows) == [SETS[3], SETS[2], SETS[0]] and len(rows) == 3
    assert list(rows[1:]) == [SETS[2], SETS[0]]


def test_equal_sets_are_kept_once() -> None:
    assert len(table().sets) == 4 and table().set_of.tolist() == [0, 1, 2, 0, 3]


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4], [4, 2], [3, 0], [2], []])
def test_the_arrays_are_those_of_the_sets(rows: list[int]) -> None:
    """The columns of labels in one set alone are left out, in any order of the others."""
    hot, sizes = LabelRows(table(), np.array(rows, dtype=np.int64)).multi_hot()
    plain_hot, plain_sizes = multi_hot([SETS[row] for row in rows])
    assert sizes.tolist() == plain_sizes.tolist()
    assert (hot @ hot.T).tolist() == (plain_hot @ plain_hot.T).tolist() and hot.shape == plain_hot.shape


def test_an_item_is_replaced_and_one_is_added() -> None:
    changed = table().with_items({1: frozenset("cd"), 6: frozenset("ab")}, 100)
    assert changed is not None
    rows = list(LabelRows(changed, np.array([0, 1, 4, 6])))
    assert rows == [SETS[0], frozenset("cd"), SETS[4], SETS[0]]
    assert list(LabelRows(table(), np.array([1]))) == [SETS[1]]
    assert table().with_items({}, 100) is not None


def test_a_table_of_many_sets_and_labels_is_not_made() -> None:
    """Four sets of three labels are 12 cells; a fourth label makes 5 x 4."""
    assert LabelTable.of(SETS, 11) is None
    assert table(12).with_items({0: frozenset("d")}, 19) is None
    assert table(12).with_items({0: frozenset("d")}, 20) is not None


def test_the_similarity_is_the_same() -> None:
    vectors = np.random.default_rng(3).standard_normal((5, 4)).astype(np.float32)
    by_rows = Similarity.of(vectors, LabelRows(table(), np.arange(5)))
    plain = Similarity.of(vectors, SETS)
    for position in range(5):
        np.testing.assert_array_equal(by_rows.to(position), plain.to(position))
