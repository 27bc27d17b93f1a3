"""Read MovieLens-100k from the recbole package, which contains a copy as an example."""

import subprocess
import sys
import tempfile
from pathlib import Path

from models.data.datasets.movielens.archive import read_texts
from models.data.datasets.movielens.tables import FetchError, MovieLens, make_item, split_rows

REQUIREMENT = "recbole==1.2.1"
TIMEOUT_S = 180
"""The time limit of the download."""
FILES = tuple(f"recbole/dataset_example/ml-100k/ml-100k.{name}" for name in ("inter", "item", "user"))


def fetch_recbole() -> MovieLens:
    """Download recbole's wheel with pip, without installing it, and read it. Raises FetchError."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet", REQUIREMENT]
    with tempfile.TemporaryDirectory() as folder:
        try:
            subprocess.run(  # noqa: S603 - a constant command
                [*command, "--dest", folder], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
            )
        except subprocess.TimeoutExpired as error:
            raise FetchError(f"pip download took longer than {TIMEOUT_S} s") from error
        except subprocess.CalledProcessError as error:
            raise FetchError(f"pip download failed: {error.stderr.strip()[-300:]}") from error
        wheels = list(Path(folder).glob("*.whl"))
        if not wheels:
            raise FetchError(f"expected a wheel of {REQUIREMENT}, given none")
        return read_recbole(wheels[0].read_bytes())


def read_recbole(wheel: bytes) -> MovieLens:
    """The tables of recbole's wheel. Raises FetchError for anything else."""
    ratings, items, users = (text.partition("\n")[2] for text in read_texts(wheel, FILES, "utf-8"))
    return MovieLens(
        interactions=split_rows(ratings, "\t", 4),
        items=[
            make_item(item_id, _full_title(title, year), genres.split())  # no genre has a blank in its name
            for item_id, title, year, genres in split_rows(items, "\t", 4)
        ],
        users=split_rows(users, "\t", 5),
    )


def _full_title(title: str, year: str) -> str:
    """The title with its year. recbole has the last parentheses as the year: "V" for "… (1995) (V)"."""
    return f"{title} ({year})" if year.isdigit() else title
