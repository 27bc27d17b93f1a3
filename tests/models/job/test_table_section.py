"""The keys of a table: its files by pattern, folder and list, and their format."""

from collections.abc import Callable
from pathlib import Path

import pytest

from models.job.errors import JobError
from models.job.spec import JobSpec
from tests.models.job.test_spec import EVENTS


@pytest.fixture(autouse=True)
def events(write: Callable[[str, str], Path]) -> None:
    write("events.csv", "u,i,n,t,v\n")


def test_files_by_pattern_folder_and_list(job: Callable[..., JobSpec], tmp_path: Path) -> None:
    """In the order of the list, within a pattern or a folder by name; marks of other programs are left out."""
    (tmp_path / "logs").mkdir()
    for name in ("b.csv", "a.csv", "_SUCCESS", ".b.csv.crc", "c.parquet"):
        (tmp_path / "logs" / name).touch()

    def names(path: object) -> list[str]:
        return [file.name for file in job(interactions=EVENTS | {"path": path}).interactions.path]

    assert names("logs") == ["a.csv", "b.csv", "c.parquet"]
    assert names("logs/*.csv") == ["a.csv", "b.csv"]
    assert names("lo?s/[bc]*") == ["b.csv", "c.parquet"]
    assert names(["logs/c.parquet", "logs/*.csv", "events.csv"]) == [
        "c.parquet",
        "a.csv",
        "b.csv",
        "events.csv",
    ]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("empty", "interactions.path: expected at least one file, given 'empty', and none matches at"),
        (
            "*.parquet",
            "interactions.path: expected at least one file, given '[*].parquet', and none matches at",
        ),
        (
            ["events.csv", "e*.csv"],
            "interactions.path: expected every file once, given events.csv more often",
        ),
        (
            ["events.csv", 3],
            "interactions.path: expected a path, a pattern, a folder or a list of them, given",
        ),
        ([], "interactions.path: expected a path, a pattern, a folder or a list of them, given"),
    ],
)
def test_paths_without_a_file(
    job: Callable[..., JobSpec], tmp_path: Path, path: object, message: str
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(JobError, match=message):
        job(interactions=EVENTS | {"path": path})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"encoding": "klingon"}, "interactions.encoding: expected an encoding such as utf-8, cp1252"),
        ({"encoding": "base64"}, "interactions.encoding: expected an encoding such as utf-8, cp1252"),
        ({"encoding": "rot13"}, "interactions.encoding: expected an encoding such as utf-8, cp1252"),
        ({"encoding": "idna"}, "interactions.encoding: expected an encoding such as utf-8, cp1252"),
        ({"delimiter": "§"}, "interactions.delimiter: expected one ASCII character"),
        ({"path": "x" * 5000}, "interactions.path: expected a path that can be read, given 'xxx"),
        (
            {"path": "~nobody-of-this-name/e.csv"},
            "interactions.path: expected a path that can be read, given '~no",
        ),
        (
            {"time": "t", "time_format": "%Q %Y"},
            "interactions: expected a time_format such as .*given '%Q %Y'",
        ),
        ({"delimiter": ";;"}, "interactions.delimiter: expected "),
        ({"decimal": ";"}, "interactions.decimal: expected "),
        (
            {"time": "t", "time_zone": "Berlin"},
            "interactions.time_zone: expected a time zone such as Europe/Berlin",
        ),
        (
            {"time": "t", "time_format": "iso"},
            "interactions: expected a time_format with a year, such as '%d.%m.%Y', given 'iso'",
        ),
        (
            {"time": "t", "time_format": "%Y", "time_unit": "s"},
            "interactions: expected one of the keys time_unit and",
        ),
        (
            {"time_zone": "Europe/Berlin"},
            "interactions: expected the key time beside time_zone, given order alone",
        ),
        (
            {"taken": "label.a == 1", "labels": ["a"], "action_names": {"b": "like"}},
            "interactions: expected action_names of columns in labels where there is no key action, given b",
        ),
        (
            {"action_names": {"Kauf": "purchase"}},
            "interactions: expected the key action or taken beside action_names",
        ),
        ({"max_loss": 1.5}, "interactions.max_loss: expected "),
    ],
)
def test_keys_of_the_format(job: Callable[..., JobSpec], keys: dict[str, object], message: str) -> None:
    with pytest.raises(JobError, match=message):
        job(interactions=EVENTS | keys)
