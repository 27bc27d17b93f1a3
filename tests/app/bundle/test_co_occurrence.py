"""The table of co-occurrence by hand: pairs make both items partners, the strongest first, bounded for each item."""

import numpy as np
import pytest

from app.bundle.co_occurrence import MOST_PARTNERS, PartnerTable, make_empty_table


@pytest.fixture
def table() -> PartnerTable:
    """0 goes with 1 (0.2) and 2 (0.8), and 2 with 5 (0.5)."""
    return PartnerTable.of(np.array([0, 2, 0]), np.array([1, 5, 2]), np.array([0.2, 0.5, 0.8]))


def test_partners_of_one_item(table: PartnerTable) -> None:
    assert [table.find(row).rows.tolist() for row in (0, 1, 2, 3, 5)] == [[2, 1], [0], [0, 5], [], [2]]
    assert table.find(0).strengths.tolist() == pytest.approx([0.8, 0.2])
    assert table.measure(0, np.array([5, 1, 2, 0])).tolist() == pytest.approx([0, 0.2, 0.8, 0])


def test_partners_of_several_items_add_up(table: PartnerTable) -> None:
    joined = table.join(np.array([0, 5, 4]), np.array([1, 0.7, 0.49], dtype=np.float32))
    assert joined.rows.tolist() == [2, 1]
    assert joined.strengths.tolist() == pytest.approx([0.8 + 0.7 * 0.5, 0.2])


def test_an_item_keeps_its_strongest_partners() -> None:
    others = np.arange(1, 101)
    table = PartnerTable.of(np.zeros(100, dtype=np.int64), others, others / 200)
    assert table.find(0).rows.tolist() == list(range(100, 100 - MOST_PARTNERS, -1))
    assert table.find(1).rows.tolist() == [0]


def test_an_empty_table() -> None:
    assert len(make_empty_table()) == 0 and not len(make_empty_table().find(3).rows)
    assert not len(make_empty_table().join(np.array([1, 2]), np.ones(2, dtype=np.float32)).rows)
