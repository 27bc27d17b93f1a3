"""MovieLens-100k in a folder: written once, kept while it is complete, fetched from the first source that has it."""

from pathlib import Path

import pytest

from models.data.dataset import load_dataset
from models.data.datasets.movielens import fetch, fetch_movielens_100k
from models.data.datasets.movielens import tables as module
from models.data.datasets.movielens.fetch import FILES, write_tables
from models.data.datasets.movielens.grouplens import read_grouplens
from models.data.datasets.movielens.recbole import read_recbole
from models.data.datasets.movielens.tables import FetchError, MovieLens, checksum
from models.job.spec import load_job


def test_both_sources_come_to_one_form(
    grouplens_archive: bytes, recbole_wheel: bytes, tables: MovieLens
) -> None:
    assert read_grouplens(grouplens_archive) == tables
    assert read_recbole(recbole_wheel) == tables


def test_written_once_then_kept(tables: MovieLens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(module, "ROWS", len(tables.interactions))
    monkeypatch.setattr(module, "CHECKSUM", checksum(tables.interactions))
    monkeypatch.setattr(fetch, "SOURCES", {"here": lambda: calls.append(1) or tables})
    folder = tmp_path / "data" / "ml-100k"
    assert fetch_movielens_100k(folder) == folder
    assert fetch_movielens_100k(folder) == folder
    assert len(calls) == 1
    assert (folder / "interactions.csv").read_text() == (
        "user_id,item_id,rating,timestamp\n9,1,3,881250949\n10,2,5,891717742\n"
    )
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    (folder / "interactions.csv").write_text("user_id\n")
    fetch_movielens_100k(folder)
    assert len(calls) == 2


def test_the_reason_of_every_source_is_told(
    tables: MovieLens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> MovieLens:
        raise FetchError("no route")

    monkeypatch.setattr(fetch, "SOURCES", {"one": away, "two": lambda: tables})
    with pytest.raises(FetchError) as raised:
        fetch_movielens_100k(tmp_path / "ml")
    assert str(raised.value) == (
        "expected MovieLens-100k from one of its sources, given "
        "one: no route; two: expected 100000 ratings, given 2"
    )
    assert not (tmp_path / "ml").exists()


def test_the_example_job_reads_the_files(tables: MovieLens, tmp_path: Path) -> None:
    write_tables(tables, tmp_path / "data" / "ml-100k")
    example = Path(__file__).parents[5] / "jobs" / "movielens-100k.yaml"
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / example.name).write_text(example.read_text(encoding="utf-8"), encoding="utf-8")
    job = load_job(tmp_path / "jobs" / example.name)
    assert [task.name for task in job.tasks] == ["like", "rating", "genre", "daypart"]
    assert job.export.fit == "train"
    dataset = load_dataset(job, tmp_path / "q.jsonl")
    assert [item.attributes.get("genres") for item in dataset.items][:2] == [
        ("Animation", "Children's", "Comedy"),
        ("Animation", "Children's"),
    ]
    assert dataset.users[0].attributes == {"gender": "M", "occupation": "technician", "age": 24}
    assert dataset.cleaning.kept == 2
