"""Fetch MovieLens-100k into a folder as three CSV files, unless they exist."""

import csv
import tempfile
from collections.abc import Iterable
from pathlib import Path

from models.data.datasets.movielens.grouplens import fetch_grouplens
from models.data.datasets.movielens.recbole import fetch_recbole
from models.data.datasets.movielens.tables import FetchError, MovieLens, Row, check_ratings

SOURCES = {"GroupLens": fetch_grouplens, "recbole": fetch_recbole}
FILES = ("interactions.csv", "items.csv", "users.csv")


def fetch_movielens_100k(folder: Path) -> Path:
    """The folder with the three CSV files, fetched if they are missing or incomplete.

    Raises FetchError, with the reason of each source, if none can be reached or none is complete.
    """
    if _is_complete(folder):
        return folder
    reasons = []
    for name, fetch in SOURCES.items():
        try:
            tables = fetch()
            check_ratings(tables.interactions)
        except FetchError as error:
            reasons.append(f"{name}: {error}")
        else:
            write_tables(tables, folder)
            return folder
    raise FetchError(f"expected MovieLens-100k from one of its sources, given {'; '.join(reasons)}")


def write_tables(tables: MovieLens, folder: Path) -> None:
    """Write the three files to a temporary folder inside `folder`, then rename each into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        source = Path(temporary)
        _write_csv(source / FILES[0], ("user_id", "item_id", "rating", "timestamp"), tables.interactions)
        _write_csv(source / FILES[1], ("item_id", "title", "year", "genres"), tables.items)
        _write_csv(source / FILES[2], ("user_id", "age", "gender", "occupation", "zip_code"), tables.users)
        for name in FILES:
            (source / name).replace(folder / name)


def _is_complete(folder: Path) -> bool:
    """True if all files exist, with the ratings of MovieLens-100k."""
    if not all((folder / name).is_file() for name in FILES):
        return False
    try:
        lines = (folder / FILES[0]).read_text(encoding="utf-8").splitlines()[1:]
        check_ratings([tuple(line.split(",")) for line in lines])
    except (FetchError, UnicodeDecodeError):
        return False
    return True


def _write_csv(path: Path, header: Row, rows: Iterable[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
