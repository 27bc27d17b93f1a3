"""Rows of one form, and the check of the ratings."""

import pytest

from models.data.datasets.movielens import tables as module
from models.data.datasets.movielens.tables import (
    FetchError,
    MovieLens,
    check_ratings,
    checksum,
    make_item,
    split_rows,
)


def test_the_checksum_does_not_depend_on_the_order(tables: MovieLens) -> None:
    ratings = tables.interactions
    assert checksum(ratings) == checksum(reversed(ratings))
    assert checksum(ratings) != checksum([*ratings[:1], ("10", "2", "4", "891717742")])


def test_other_ratings_are_refused(tables: MovieLens, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FetchError, match="expected 100000 ratings, given 2"):
        check_ratings(tables.interactions)
    monkeypatch.setattr(module, "ROWS", 2)
    with pytest.raises(FetchError, match="expected ratings with checksum 995e30c1ede5, given"):
        check_ratings(tables.interactions)


def test_rows_have_all_their_cells() -> None:
    assert split_rows("a|b\n\nc|d\n", "|", 2) == [("a", "b"), ("c", "d")]
    with pytest.raises(FetchError, match=r"expected 2 cells in a line, given 'a\|b\|c'"):
        split_rows("a|b|c\n", "|", 2)


def test_a_genre_that_is_none() -> None:
    with pytest.raises(FetchError, match="expected genres of GroupLens' list, given Opera"):
        make_item("1", "Carmen (1984)", ["Musical", "Opera"])
