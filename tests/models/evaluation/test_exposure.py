"""Exposure by hand: bands with equal shares of the events, and the places that lists give them."""

from itertools import chain, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.exposure import BANDS, NEW, count_places, divide_by_popularity, share_of, share_places
from models.evaluation.metrics.lists import NO_ITEM


def bands(popularity: list[int]) -> dict[str, list[int]]:
    divided = divide_by_popularity(np.array(popularity, dtype=np.int64))
    return {name: np.flatnonzero(band).tolist() for name, band in divided}


def test_bands_have_equal_shares_of_the_events() -> None:
    # 12 events, four a band: item 4 begins as the fourth, items 0 and 1 as the seventh and eighth
    assert bands([1, 1, 3, 0, 3, 1, 1, 1, 1]) == {
        "head": [2, 4],
        "middle": [0, 1],
        "tail": [5, 6, 7, 8],
        NEW: [3],
    }


@pytest.mark.parametrize(
    ("popularity", "expected"),
    [
        ([9], {"head": [0]}),
        ([6, 2, 1], {"head": [0], "tail": [1, 2]}),  # one item has all of the head and of the middle
        ([0, 0], {NEW: [0, 1]}),
        ([], {}),
    ],
)
def test_bands_without_items_are_left_out(popularity: list[int], expected: dict[str, list[int]]) -> None:
    assert bands(popularity) == expected


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_every_item_is_in_one_band_and_none_is_less_popular_than_a_later_band(counts: list[int]) -> None:
    found, popularity = bands(counts), np.array(counts)
    assert sorted(chain.from_iterable(found.values())) == list(range(len(counts)))
    ranges = [popularity[found[name]] for name in (*BANDS, NEW) if name in found]
    assert all(earlier.min() >= later.max() for earlier, later in pairwise(ranges))


def test_shares_of_weights_and_of_places() -> None:
    band = np.array([True, False, True, False])
    assert share_of(band, np.array([1, 2, 3, 4])) == 0.4
    assert np.isnan(share_of(band, np.zeros(4)))
    lists = np.array([[0, 1], [0, NO_ITEM], [3, 1]])
    assert count_places(lists, 4).tolist() == [2, 2, 0, 1]
    shares = share_places(band, {"all": lists, "none": lists[:0]})
    assert shares == pytest.approx({"all": 0.4, "none": np.nan}, nan_ok=True)
