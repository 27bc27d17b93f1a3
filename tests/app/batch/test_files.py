"""Files of pairs, scored: every format in and out, every row once and in order, and what cannot be read named."""

import csv
import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.batch import files
from app.batch import rows as rows_module
from app.batch.files import BatchFileError, score_file
from app.batch.rows import Row, ScoredRow
from app.bundle.bundle import LoadedBundle
from app.pipeline.scoring.groups import ScoreRequest, score_requests
from models.cli import read_rows
from models.contract.bundle import BundleError
from models.contract.catalogue import UserState

MOMENT = 1_701_000_000
PAIRS = [
    {"user_id": "u1", "item_id": "i5", "timestamp": MOMENT},
    {"user_id": "u2", "item_id": "i6", "timestamp": MOMENT},
    {"user_id": "u1", "item_id": "never", "timestamp": MOMENT},
    {"user_id": "u1", "item_id": "i9", "timestamp": MOMENT},
    {"user_id": "stranger", "item_id": "i5", "timestamp": MOMENT},
]
HEADS = ("next", "like", "rating", "genre", "daypart")


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a result; numbers as numbers, nothing as None, in every format."""
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    if path.suffix not in {".csv", ".tsv"}:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return [json.loads(line) for line in content.splitlines()]
    with path.open(newline="", encoding="utf-8") as stream:
        found = []
        for row in csv.DictReader(stream, delimiter="\t" if path.suffix == ".tsv" else ","):
            numbers = {name: float(row[name]) if row[name] else None for name in ("score", *HEADS)}
            found.append({**row, "message": row["message"] or None, **numbers})
        return found


Score = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def score(trained: Path, tmp_path: Path) -> Score:
    """Score a file into one of another name; the rows that came out."""

    def scored(source: Path, target: str = "out.jsonl") -> list[dict[str, Any]]:
        score_file(source, tmp_path / target, trained, read_rows)
        return read(tmp_path / target)

    return scored


@pytest.mark.parametrize("source", ["in.parquet", "in.csv", "in.jsonl", "in.ndjson.gz"])
@pytest.mark.parametrize("target", ["out.parquet", "out.tsv", "out.jsonl.gz"])
def test_every_format_gives_the_pipelines_scores(
    learnt: LoadedBundle, score: Score, tmp_path: Path, source: str, target: str
) -> None:
    found = score(write(tmp_path / source, PAIRS), target)
    assert [(row["user_id"], row["item_id"]) for row in found] == [
        (pair["user_id"], pair["item_id"]) for pair in PAIRS
    ]
    assert [row["status"] for row in found] == ["ok", "ok", "unknown_item", "ok", "ok"]
    for row in found:
        assert set(row) == {"user_id", "item_id", "status", "message", "score", *HEADS, "timestamp"}
        if row["status"] == "unknown_item":
            assert row["score"] is None and row["like"] is None
            continue
        state = learnt.known_users.state(row["user_id"])
        alone = score_requests(learnt, [ScoreRequest(state, (row["item_id"],), {}, MOMENT)])[0]
        assert row["score"] == pytest.approx(float(alone.score[0]), abs=1e-5)
        for head in HEADS:
            assert row[head] == pytest.approx(float(alone.values[head][0]), abs=1e-5)


def test_a_bad_row_fails_alone(score: Score, tmp_path: Path) -> None:
    rows = [
        {"user_id": "u1", "item_id": "i1", "timestamp": ""},
        {"user_id": "", "item_id": "i1", "timestamp": ""},
        {"user_id": "u1", "item_id": "", "timestamp": ""},
        {"user_id": "u1", "item_id": "i1", "timestamp": "yesterday"},
        {"user_id": "u1", "item_id": "i1", "timestamp": "nan"},
        {"user_id": "u1", "item_id": "i1", "timestamp": "-1"},
        {"user_id": "u1", "item_id": "i2", "timestamp": "1701000000.5"},
    ]
    found = score(write(tmp_path / "in.csv", rows))
    assert [row["status"] for row in found] == ["ok", *["error"] * 5, "ok"]
    assert [row["message"] for row in found[1:-1]] == [
        "row 2: expected user_id, given none",
        "row 3: expected item_id, given none",
        "row 4: expected a timestamp in Unix seconds or RFC 3339, given 'yesterday'",
        "row 5: expected a timestamp from 0 to 100000000000 in Unix seconds, given 'nan'",
        "row 6: expected a timestamp from 0 to 100000000000 in Unix seconds, given '-1'",
    ]


GOOD_LINE = '{"user_id": "u1", "item_id": "i1"}'


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{oops", "row 2: expected JSON, given unexpected character"),
        ("[" * 100_000, "row 2: expected JSON, given depth limit exceeded"),
        ("[1, 2]", r"row 2: expected an object, given '\[1, 2\]'"),
        ('{"user_id": "u1"}', "row 2: expected item_id, given none"),
        ('{"user_id": ["u1"], "item_id": "i1"}', "row 2: expected text or a number as user_id, given list"),
        ('{"user_id": "u1", "item_id": true}', "row 2: expected text or a number as item_id, given bool"),
        ('{"user_id": "\\ud800", "item_id": "i1"}', "row 2: expected JSON, given .*surrogate"),
        (GOOD_LINE[:-1] + ', "timestamp": NaN}', "row 2: expected JSON, given unexpected character"),
        (GOOD_LINE[:-1] + ', "timestamp": -Infinity}', "row 2: expected JSON, given "),
        (GOOD_LINE[:-1] + ', "timestamp": 1e999}', "row 2: expected JSON, given number is infinity"),
        (GOOD_LINE[:-1] + ', "timestamp": 1e99}', "row 2: expected a timestamp from 0 to 100000000000"),
    ],
)
def test_a_line_of_json_fails_alone(score: Score, tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "in.jsonl").write_text(f"{GOOD_LINE}\n\n{line}\n{GOOD_LINE}\n")
    for target in ("out.jsonl", "out.csv", "out.parquet"):
        found = score(tmp_path / "in.jsonl", target)
        assert [row["status"] for row in found] == ["ok", "error", "ok"]
        assert re.match(message, found[1]["message"]) and found[1]["score"] is None


def test_a_row_of_csv_has_as_many_cells_as_there_are_columns(score: Score, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("user_id,item_id\nu1,i1\nu1,i1,9\n\nu1\nu1,i1\n")
    found = score(tmp_path / "in.csv")
    assert [row["status"] for row in found] == ["ok", "error", "error", "ok"]
    assert found[1]["message"] == "row 2: expected 2 cells, given 3" and found[1]["item_id"] == "i1"
    assert found[2]["message"] == "row 3: expected 2 cells, given 1" and found[2]["user_id"] == "u1"


def test_moments_may_be_written_out(score: Score, tmp_path: Path) -> None:
    """2023-11-26 12:00 UTC, three times; then what is no moment."""
    written = ["1701000000", "2023-11-26T12:00:00Z", "2023-11-26 13:00:00.000+01:00"]
    wrong = ["2023-11-26T12:00:00", "2023-11-26", "2023-02-31T00:00:00Z", "12:00", "1e400"]
    rows = [{"user_id": "u1", "item_id": "i1", "timestamp": moment} for moment in written + wrong]
    for name in ("in.csv", "in.jsonl", "in.parquet"):
        found = score(write(tmp_path / name, rows))
        assert [row["status"] for row in found] == ["ok"] * 3 + ["error"] * 5
        assert len({row["score"] for row in found[:3]}) == 1


def test_a_file_of_many_chunks_comes_out_whole_and_in_order(
    score: Score, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        {"user_id": f"u{number * 7 % 9}", "item_id": f"i{number * 13 % 80}", "timestamp": MOMENT}
        for number in range(230)
    ]
    whole = score(write(tmp_path / "in.jsonl", rows))
    held = []

    def counted(bundle: LoadedBundle, chunk: list[Row], now: float) -> list[ScoredRow]:
        held.append(len(chunk))
        return rows_module.score_rows(bundle, chunk, now)

    monkeypatch.setattr(files, "score_rows", counted)
    monkeypatch.setattr(files, "CHUNK", 50)
    for name in ("in.jsonl", "in.csv", "in.parquet"):
        held.clear()
        parts = score(write(tmp_path / name, rows), "out.parquet")
        assert held == [50, 50, 50, 50, 30]
        for given, one, other in zip(rows, whole, parts, strict=True):
            assert (one["user_id"], one["item_id"]) == (given["user_id"], given["item_id"])
            assert other["score"] == pytest.approx(one["score"], abs=1e-5)
            assert other["item_id"] == one["item_id"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "in.csv",
            b"user_id,film\nu1,i1\n",
            "expected the columns user_id and item_id in .*given user_id, film",
        ),
        ("in.jsonl", b'{"user_id": "u1"}\n', "expected the columns user_id and item_id"),
        ("in.csv", b"", "expected the columns user_id and item_id in .*, given an empty file"),
        ("in.csv", b"user_id,film\n", "given user_id, film"),
        ("in.parquet", b"not a table at all", "expected Parquet in"),
        (
            "in.csv",
            b"user_id,item_id,user_id\nu1,i1,u2\n",
            "expected the column user_id once in .*, given 2 times",
        ),
        (
            "in.csv",
            b"user_id,item_id,timestamp,timestamp\n",
            "expected the column timestamp once in .*, given 2",
        ),
        ("in.csv", b"user_id,item_id\nu1,caf\xe9\n", "expected CSV in UTF-8|expected UTF-8"),
        (
            "in.jsonl",
            b'{"user_id": "u1", "item_id": "caf\xe9"}\n',
            "expected UTF-8 in .*, given other bytes in row 1",
        ),
        ("in.csv", b"user_id,item_id\ru1,i1\r", "given: expected lines that end in LF or CR LF in in.csv"),
        ("in.csv", b'user_id,"item_id\nu1,i1\n', "given: expected a header with closed quotes in in.csv"),
        ("in.tsv.gz", b"user_id\titem_id\n", "expected CSV in UTF-8 in .*, given: Not a gzipped file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_leaves_nothing(
    trained: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BatchFileError, match=message):
        score_file(tmp_path / name, tmp_path / "out.csv", trained, read_rows)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_failure_keeps_the_result_of_before(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("what was there")
    (tmp_path / "in.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BatchFileError):
        score_file(tmp_path / "in.csv", tmp_path / "out.csv", trained, read_rows)
    assert (tmp_path / "out.csv").read_text() == "what was there"


@pytest.mark.parametrize(("source", "target"), [("in.xlsx", "out.csv"), ("in.csv", "out")])
def test_another_kind_of_file_is_refused_before_any_work(tmp_path: Path, source: str, target: str) -> None:
    with pytest.raises(BatchFileError, match=r"expected a file that ends in \.(parquet|csv), "):
        score_file(tmp_path / source, tmp_path / target, tmp_path / "no-bundle", read_rows)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere/out.csv", "expected the folder .*nowhere to exist, given none"),
        ("folder.csv", "expected a file to write into, given the folder .*folder.csv"),
        ("x" * 250 + ".csv", "expected to write x+.csv in the folder .*, given File name too long"),
    ],
)
def test_where_nothing_can_be_written_no_work_is_done(tmp_path: Path, target: str, message: str) -> None:
    (tmp_path / "folder.csv").mkdir()
    source = write(tmp_path / "in.csv", PAIRS)
    with pytest.raises(BatchFileError, match=message):
        score_file(source, tmp_path / target, tmp_path / "no-bundle", read_rows)


@pytest.mark.parametrize("name", ["in.csv", "in.jsonl"])
def test_a_file_without_rows_gives_one_without_rows(score: Score, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("user_id,item_id\n" if name == "in.csv" else "")
    assert score(tmp_path / name, "out.csv") == []


def test_a_past_moment_does_not_see_what_came_after(
    learnt: LoadedBundle, score: Score, tmp_path: Path
) -> None:
    """Nor does it the event of that very moment."""
    events = learnt.known_users.state("u1").events
    moments = [events[0].timestamp, events[9].timestamp, events[9].timestamp + 0.5, MOMENT + 0.0]
    rows = [{"user_id": "u1", "item_id": "i5", "timestamp": moment} for moment in moments]
    found = score(write(tmp_path / "in.jsonl", rows))
    for row, moment, known in zip(found, moments, (0, 9, 10, len(events)), strict=True):
        state = UserState("u1", learnt.known_users.profiles.get("u1"), events[:known])
        alone = score_requests(learnt, [ScoreRequest(state, ("i5",), {}, moment)])[0]
        assert row["score"] == pytest.approx(float(alone.score[0]), abs=1e-5)


def test_a_file_or_bundle_that_is_not_there(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        score_file(tmp_path / "absent.csv", tmp_path / "out.csv", trained, read_rows)
    with pytest.raises(BundleError):
        score_file(write(tmp_path / "in.csv", PAIRS), tmp_path / "out.csv", tmp_path / "absent", read_rows)


def test_counts_are_returned(trained: Path, tmp_path: Path) -> None:
    counts = score_file(write(tmp_path / "in.csv", PAIRS), tmp_path / "out.csv", trained, read_rows)
    assert counts == {"ok": 4, "unknown_item": 1, "error": 0}
