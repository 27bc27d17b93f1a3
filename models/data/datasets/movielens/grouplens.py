"""Download MovieLens-100k from its publisher GroupLens."""

import http.client
import urllib.request

from models.data.datasets.movielens.archive import read_texts
from models.data.datasets.movielens.tables import GENRES, FetchError, MovieLens, Row, make_item, split_rows

URL = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
TIMEOUT_S = 10
"""The longest pause of the server."""
FILES = ("ml-100k/u.data", "ml-100k/u.item", "ml-100k/u.user")
ITEM_CELLS = 5 + len(GENRES)


def fetch_grouplens() -> MovieLens:
    """Download and read ml-100k.zip. Raises FetchError."""
    try:
        with urllib.request.urlopen(URL, timeout=TIMEOUT_S) as response:
            archive = response.read()
    except (OSError, http.client.HTTPException) as error:
        raise FetchError(f"expected an archive at {URL}, given {error}") from error
    return read_grouplens(archive)


def read_grouplens(archive: bytes) -> MovieLens:
    """The tables of ml-100k.zip. Raises FetchError for anything else."""
    ratings, items, users = read_texts(archive, FILES, "latin-1")
    return MovieLens(
        interactions=split_rows(ratings, "\t", 4),
        items=[_read_item(cells) for cells in split_rows(items, "|", ITEM_CELLS)],
        users=split_rows(users, "|", 5),
    )


def _read_item(cells: Row) -> Row:
    """The item of a line: id | title (year) | release date | video date | URL | a flag for each genre."""
    genres = [genre for genre, flag in zip(GENRES, cells[5:], strict=True) if flag == "1"]
    return make_item(cells[0], cells[1], genres)
