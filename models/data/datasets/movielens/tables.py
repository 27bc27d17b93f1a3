"""The tables of MovieLens-100k in the same form for every source.

- Titles without their year ("Toy Story"), articles last as GroupLens has them ("Usual Suspects, The").
- Genres joined by "|", with GroupLens' 18 names; "unknown" is left out.
- An empty cell if title or year is unknown (item 267 has neither).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

ROWS = 100_000
CHECKSUM = "995e30c1ede5fcd72b6f8891670fdd573b1ffbd1e1427ef68bbab55f423cf372"
"""SHA-256 of the ratings as sorted "user,item,rating,timestamp" lines. Computed from recbole 1.2.1's copy,
which has the ratings (100,000), users (943), items (1,682) and period that GroupLens' README gives."""

# fmt: off
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama",
    "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western",
)
# fmt: on
"""In the order of GroupLens' u.genre and of the flags in u.item."""
_UNKNOWN = ("unknown", "unkonwn")  # the second is recbole's spelling
_YEAR = re.compile(r"\s*\((\d{4})\)\s*(\(V\))?\s*$")

Row = tuple[str, ...]


class FetchError(Exception):
    """MovieLens-100k could not be fetched, or the fetched data differ from it."""


@dataclass(frozen=True, slots=True)
class MovieLens:
    """The three tables."""

    interactions: list[Row]  # user_id, item_id, rating, timestamp
    items: list[Row]  # item_id, title, year, genres
    users: list[Row]  # user_id, age, gender, occupation, zip_code


def split_rows(text: str, separator: str, width: int) -> list[Row]:
    """The cells of every line that is not empty. Raises FetchError for a line without `width` cells."""
    rows = [tuple(line.split(separator)) for line in text.split("\n") if line]
    for row in rows:
        if len(row) != width:
            raise FetchError(f"expected {width} cells in a line, given {separator.join(row)[:80]!r}")
    return rows


def make_item(item_id: str, title: str, genres: Iterable[str]) -> Row:
    """An item's row from a title that ends in its year. Raises FetchError for a genre that is not in GENRES."""
    year = _YEAR.search(title)
    name = _YEAR.sub("", title).strip()
    labels = [genre for genre in genres if genre not in _UNKNOWN]
    if others := set(labels) - set(GENRES):
        raise FetchError(f"expected genres of GroupLens' list, given {', '.join(sorted(others))}")
    return item_id, "" if name in _UNKNOWN else name, year.group(1) if year else "", "|".join(labels)


def check_ratings(interactions: Sequence[Row]) -> None:
    """Raises FetchError if these are not the ratings of MovieLens-100k."""
    if len(interactions) != ROWS:
        raise FetchError(f"expected {ROWS} ratings, given {len(interactions)}")
    if (digest := checksum(interactions)) != CHECKSUM:
        raise FetchError(f"expected ratings with checksum {CHECKSUM[:12]}, given {digest[:12]}")


def checksum(interactions: Iterable[Row]) -> str:
    """SHA-256 of the rows as "user,item,rating,timestamp" lines, sorted, each ended by a newline."""
    lines = sorted(",".join(row) for row in interactions)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
