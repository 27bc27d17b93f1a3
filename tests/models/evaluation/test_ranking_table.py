"""The ranking table by hand: lengths of list, slices, and the comparison with noise."""

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.metrics.lists import NO_ITEM, ItemFacts
from models.evaluation.protocols import RankingCase
from models.evaluation.ranking_table import DEPTH, RankedMethod, tabulate
from models.evaluation.report.schema import MODEL, SERVED, RankingTable
from models.evaluation.slices import NEW_ITEMS

ITEMS = 80


def flags(rows: list[list[int]]) -> sparse.csr_array:
    dense = np.zeros((len(rows), ITEMS), dtype=bool)
    for number, row in enumerate(rows):
        dense[number, row] = True
    return sparse.csr_array(dense)


def lists(*rows: list[int]) -> np.ndarray:
    return np.array([row + [NO_ITEM] * (DEPTH - len(row)) for row in rows], dtype=np.int64)


@pytest.fixture
def table() -> RankingTable:
    # user 0 is new, user 1 has 9 earlier items, user 2 has 60; item 79 has no event before the test
    seen = flags([[], list(range(9)), list(range(60))])
    case = RankingCase(np.arange(3), seen, flags([[70], [70, 79], [71]]))
    facts = ItemFacts(
        np.where(np.arange(ITEMS) < 79, 5, 0), np.zeros((ITEMS, 0), np.float32), sparse.csr_array((ITEMS, 0))
    )
    mine = lists([70], [79, 70], [72, 73, 74, 75, 76, 71])
    other = lists([60, 70], [60], [71])
    methods = [RankedMethod(MODEL, "next 1", mine), RankedMethod("popularity", "", other)]
    return tabulate(methods, case, facts, 12, {})


def test_the_size_of_the_sample_is_kept(table: RankingTable) -> None:
    assert (table.lists, table.all_lists) == (3, 12)


def test_each_length_of_list_has_its_own_figures(table: RankingTable) -> None:
    hits = {k: [row.figures["hit_rate"] for row in rows] for k, rows in table.at_k.items()}
    assert hits == {
        5: [2 / 3, 2 / 3],
        10: [1, 2 / 3],
        20: [1, 2 / 3],
    }  # the third list's hit is the sixth item
    assert "coverage" not in table.at_k[5][0].figures
    for row, at_ten in zip(table.rows, table.at_k[10], strict=True):
        assert at_ten.figures.items() <= row.figures.items()


def test_slices_by_history_and_of_new_items(table: RankingTable) -> None:
    sixth = 1 / np.log2(7)
    found = {part.name: [part.lists, *(row.figures["ndcg"] for row in part.rows)] for part in table.slices}
    assert found == {
        "new users (no earlier item)": [1, 1.0, pytest.approx(1 / np.log2(3))],
        "1 to 9 earlier items": [1, 1.0, 0.0],
        "50 or more earlier items": [1, pytest.approx(sixth), 1.0],
        NEW_ITEMS: [1, 1.0, 0.0],  # of the second user, where item 79 alone counts
    }


def test_groups_are_of_the_lists_as_served_and_exposure_is_of_all() -> None:
    case = RankingCase(np.arange(10), flags([[], [5]] * 5), flags([[70], [71]] * 5))
    facts = ItemFacts(
        np.where(np.arange(ITEMS) < 60, 1, 0), np.zeros((ITEMS, 0), np.float32), sparse.csr_array((ITEMS, 0))
    )
    methods = [
        RankedMethod(MODEL, "", lists(*[[0], [1]] * 5)),
        RankedMethod(
            SERVED, "", lists(*[[*range(6, 16), 70], [71, 25]] * 5)
        ),  # the eleventh item counts nowhere
    ]
    measured = tabulate(
        methods, case, facts, 10, {"job": ["artist", None, "baker", None, *["farmer", None] * 3]}
    )
    assert [grouping.name for grouping in measured.groups] == ["job", "activity"]
    found = {group.name: group.ndcg.value for grouping in measured.groups for group in grouping.groups}
    assert found == {
        "(all others)": 0.0,
        "(not stated)": 1.0,
        "new users (no earlier item)": 0.0,
        "1 to 9 earlier items": 1.0,
    }
    shares = {
        band.name: (band.catalogue, band.events, band.relevant, band.shown) for band in measured.exposure
    }
    assert shares == {
        "head": (0.25, 1 / 3, 0, {MODEL: 1, SERVED: 10 / 12}),
        "middle": (0.25, 1 / 3, 0, {MODEL: 0, SERVED: 1 / 12}),
        "tail": (0.25, 1 / 3, 0, {MODEL: 0, SERVED: 0}),
        "new": (0.25, 0, 1, {MODEL: 0, SERVED: 1 / 12}),
    }


def test_the_advantage_and_its_noise(table: RankingTable) -> None:
    gains = np.array([1 - 1 / np.log2(3), 1.0, 1 / np.log2(7) - 1])
    (pair,) = table.comparisons
    assert (pair.method, pair.other, pair.figure) == (MODEL, "popularity", "ndcg")
    assert pair.advantage == pytest.approx(gains.mean()) == pytest.approx(pair.value - pair.other_value)
    assert pair.standard_error == pytest.approx(gains.std(ddof=1) / np.sqrt(3))
    assert not pair.is_better and not pair.is_worse
