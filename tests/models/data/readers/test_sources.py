"""Files -> tables: every format says the same, bad rows are set aside, missing columns are named."""

import gzip
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.data.readers import csv, csv_lines
from models.data.readers.column_plan import ColumnPlan
from models.data.readers.moments import UNIX, TimeFormat, parse_moments
from models.data.readers.parsing import (
    code_texts,
    format_texts,
    parse_labels,
    parse_numbers,
    parse_vectors,
)
from models.data.readers.sources import read_table
from models.data.readers.table import NOT_UTF8, Table
from models.job.errors import JobError
from models.job.file_options import FileOptions

WANTED = {"interactions.user": "u", "interactions.item": "i"}
Write = Callable[[str, str], Path]


ISO = TimeFormat("iso")


def read(path: Path, by_key: Mapping[str, str], coded: Collection[str] = (), **options: Any) -> Table:
    """One file as a table; the columns of users and items hold ids."""
    ids = frozenset(column for key, column in by_key.items() if key in WANTED)
    return read_table([path], ColumnPlan(by_key, frozenset(coded), ids), FileOptions(**options))


def cells(table: Table, name: str) -> list[str | None]:
    found: list[str | None] = format_texts(table.columns[name]).to_pylist()
    return found


def rejected(table: Table) -> list[tuple[int, str, object]]:
    return [(reject.row, reject.reason, reject.raw) for reject in table.rejected]


def test_csv_keeps_what_is_written(write: Write) -> None:
    table = read(write("e.csv", 'u,x,i\n007,9,"a,b"\n,9,"c\nd"\n\n"",9,é\n'), WANTED)
    assert cells(table, "u") == ["007", None, None]
    assert cells(table, "i") == ["a,b", "c\nd", "é"]
    assert table.places.numbers.tolist() == [2, 3, 4]


def test_csv_rows_of_another_width_are_set_aside(write: Write) -> None:
    table = read(write("e.csv", "u,i\na,1\nb,2,3\nc\nd,4\n"), WANTED)
    assert cells(table, "u") == ["a", "d"]
    assert table.places.numbers.tolist() == [2, 5]
    assert rejected(table) == [
        (3, "unparsable: expected 2 cells, given 3", "b,2,3"),
        (4, "unparsable: expected 2 cells, given 1", "c"),
    ]


@pytest.mark.parametrize("column", ["u", "i", "note"])
def test_an_unclosed_quote_costs_one_line(write: Write, column: str) -> None:
    row = ",".join('"oops' if name == column else "x" for name in ("u", "i", "note"))
    table = read(write("e.csv", f"u,i,note\na,1,n\n{row}\nb,2,n\n"), WANTED)
    assert cells(table, "u") == ["a", "b"]
    assert table.places.numbers.tolist() == [2, 4]
    assert rejected(table) == [(3, "unparsable: unexpected end of data", row)]


def test_bytes_that_are_not_utf8_cost_one_line(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_bytes("u,i\na,1\ncafé,2\nb,3\n".encode("latin-1"))
    table = read(path, WANTED)
    assert cells(table, "u") == ["a", "b"]
    assert rejected(table) == [(3, NOT_UTF8, "caf\ufffd,2")]


def test_tsv_and_gzip_and_byte_order_mark(write: Write, tmp_path: Path) -> None:
    assert cells(read(write("e.tsv", "u\ti\na,b\t1\n"), WANTED), "u") == ["a,b"]
    path = tmp_path / "e.csv.gz"
    path.write_bytes(gzip.compress("\ufeffu,i\na,1\n".encode()))
    assert cells(read(path, WANTED), "u") == ["a"]


def test_json_lines(write: Write) -> None:
    lines = '{"u": 42, "i": "a"}\nnot json\n\n{"u": 42.0, "i": null}\n[1]\n{"u": "x", "i": [1], "z": 1}\n'
    table = read(write("e.jsonl", lines), WANTED)
    assert cells(table, "u") == ["42", "42", "x"]
    assert cells(table, "i") == ["a", None, "[1]"]
    assert table.places.numbers.tolist() == [1, 4, 6]
    assert [(row, raw) for row, _, raw in rejected(table)] == [(2, "not json"), (5, "[1]")]


def test_json_lines_after_a_byte_order_mark(write: Write) -> None:
    assert cells(read(write("e.jsonl", '\ufeff{"u": "a", "i": 1}\n'), WANTED), "u") == ["a"]


def test_a_table_without_rows(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"u": pa.array([], pa.string()), "i": pa.array([], pa.int64())}), tmp_path / "e.parquet"
    )
    with pytest.raises(JobError, match=r"items.path: expected rows in e.parquet, given none"):
        read(tmp_path / "e.parquet", {"items.id": "u"})


def test_parquet_ids_are_texts_without_decimal_points(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    users = pa.array([1, 42, None], pa.int32())
    floats = pa.array([1.0, 42.0, float("nan")])
    pq.write_table(
        pa.table({"u": users, "i": floats, "c": pa.array(["a", "b", "a"]).dictionary_encode()}), path
    )
    table = read(path, WANTED | {"interactions.context.c": "c"})
    assert cells(table, "u") == ["1", "42", None]
    assert cells(table, "i") == ["1", "42", None]
    assert cells(table, "c") == ["a", "b", "a"]
    assert table.reject(1, "why").raw == {"u": 42, "i": 42.0, "c": "b"}


def test_parquet_of_lists_where_one_value_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    pq.write_table(pa.table({"u": [["a"]], "i": ["1"]}), path)
    with pytest.raises(
        JobError, match=r"interactions.user: expected a column with one value a cell, given list"
    ):
        read(path, WANTED)


@pytest.mark.parametrize("name", ["e.csv", "e.jsonl", "e.parquet"])
def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text('{"u": 1, "item": 2}\n' if name == "e.jsonl" else "u,item\n1,2\n")
    if name == "e.parquet":
        pq.write_table(pa.table({"u": [1], "item": [2]}), path)
    with pytest.raises(JobError) as raised:
        read(path, WANTED)
    there = "item, u" if name == "e.jsonl" else "u, item"
    assert raised.value.errors == (
        f"interactions.item: expected one of the columns of {name} ({there}), given 'i'",
    )


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("e.csv", b"", r"interactions.path: expected rows in .*e.csv, given an empty file"),
        ("e.csv", b"\xef\xbb\xbf\n", r"interactions.path: expected rows in .*e.csv, given an empty file"),
        (
            "e.csv.gz",
            gzip.compress(b"", mtime=0),
            r"interactions.path: expected rows in .*, given an empty file",
        ),
        ("e.jsonl", b"\n\n", r"interactions.path: expected rows in .*e.jsonl, given an empty file"),
        ("e.parquet", b"", r"interactions.path: expected rows in .*e.parquet, given an empty file"),
        ("e.csv", b"u,i\n", r"interactions.path: expected rows in e.csv, given none"),
        (
            "e.csv",
            b"u,u,i\na,b,c\n",
            r"user: expected a column that e.csv has once, given 'u', which it has 2",
        ),
        ("e.csv", b"u;i\na;b\n", r"interactions.path: expected cells parted by ',' in .*, given 'u;i'"),
        ("e.tsv", b"u,i\na,b\n", r"interactions.path: expected cells parted by '.t' in .*, given 'u,i'"),
        (
            "e.csv",
            "u,i\na,b\n".encode("utf-16"),
            r"interactions.path: expected text in utf-8 in .*, given UTF-16: set `encoding: utf-16`",
        ),
        ("e.csv", b"PAR1\x15", r"interactions.path: expected text in utf-8 in .*, given binary data"),
        ("e.csv", b"u,i\na,b,\n", r"path: expected rows that can be read in e.csv, given 1 of 1 that cannot"),
        (
            "e.jsonl",
            b"u,i\na,b\n",
            r"path: expected rows that can be read in e.jsonl, given 2 of 2 that cannot",
        ),
        ("e.csv.gz", b"no gzip", r"interactions.path: expected a readable file at .*, given"),
        ("e.parquet", b"no parquet", r"interactions.path: expected a readable file at .*, given"),
        (
            "e.csv",
            b"u,i\ra,b\rc,d\r",
            r"interactions.path: expected lines that end in LF or CR LF in e.csv, given CR",
        ),
        (
            "e.csv",
            b'u,"i\na,b\n',
            r"interactions.path: expected a header with closed quotes in e.csv, given 'u,.i",
        ),
        (
            "e.csv",
            b"u," + b"i" * (1 << 22),
            r"interactions.path: expected a header of less than 4,194,304 bytes",
        ),
        ("e.csv", b"u\0,i\na,b\n", r"interactions.path: expected text in utf-8 in .*, given binary data"),
        (
            "e.csv",
            "u,i,Gerät\na,b,c\n".encode("cp1252"),
            r"interactions.path: expected UTF-8 in e.csv, given other bytes; the key `encoding` names another, "
            r"cp1252, which reads 'u,i,Gerät'",
        ),
        (
            "e.csv.gz",
            gzip.compress(b"u,i\n" + b"a,b\n" * 9999, mtime=0)[:60],
            r"interactions.path: expected a readable file",
        ),
        ("e.txt", b"u,i\na,b\n", r"interactions.path: expected a file that ends in .csv, .*, given 'e.txt'"),
        ("none.csv", None, r"interactions.path: expected a readable file at .*, given"),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(JobError, match=message):
        read(tmp_path / name, WANTED)


@pytest.mark.parametrize("name", ["id|key", "a;b"])
def test_one_column_may_be_called_as_if_it_were_two(write: Write, name: str) -> None:
    table = read(write("users.csv", f"{name}\nann\nbob\n"), {"users.id": name})
    assert cells(table, name) == ["ann", "bob"]
    with pytest.raises(JobError, match=r"users.path: expected cells parted by ',' in"):
        read(write("users.csv", f"{name}\nann\n"), {"users.id": "id"})


def test_numbers() -> None:
    found, bad = parse_numbers(pa.array(["1", " 2.5 ", "-3e2", None, "x", "1,0", "nan", "inf", "0x1", ""]))
    assert found[:3].tolist() == [1, 2.5, -300]
    assert found[7] == float("inf")
    assert bad.tolist() == [False, False, False, False, True, True, False, False, True, False]


def test_parquet_timestamps_need_no_unit(tmp_path: Path) -> None:
    path = tmp_path / "e.parquet"
    moment = datetime(1970, 1, 1, 0, 1, tzinfo=UTC)
    zones = {"u": pa.array([moment], pa.timestamp("ns", "Europe/Berlin")), "i": pa.array([moment.date()])}
    pq.write_table(pa.table(zones), path)
    table = read(path, WANTED)
    assert parse_moments(table.columns["u"], UNIX)[0].tolist() == [60]
    assert parse_moments(table.columns["i"], TimeFormat("ms"))[0].tolist() == [0]


def test_codes_are_those_of_the_texts() -> None:
    for column, expected in (
        (pa.array([2.0, None, float("nan"), 1.0, 2.0]), ["2", None, None, "1", "2"]),
        (pa.array(["b", "", None, "a", "b"]).dictionary_encode(), ["b", None, None, "a", "b"]),
        (pa.array([0.0, -0.0, 1.0]), ["0", "0", "1"]),
    ):
        names, codes = code_texts(column)
        assert [names[code].as_py() if code >= 0 else None for code in codes.tolist()] == expected
        assert len(set(codes.tolist())) == len(set(expected))


@pytest.mark.parametrize("quote", ["", '"'], ids=["plain", "a stray quote"])
def test_a_file_of_many_blocks(write: Write, monkeypatch: pytest.MonkeyPatch, quote: str) -> None:
    """Row numbers run through, dictionaries are unified; with a stray quote the lines are read in blocks too."""
    monkeypatch.setattr(csv, "BLOCK", 64)
    monkeypatch.setattr(csv_lines, "LINES", 5)
    lines = [f"u{row % 7},i{row % 3}" if row % 9 else f"u{row % 7},{quote}i,9" for row in range(2, 102)]
    table = read(write("e.csv", "u,i\n" + "\n".join(lines) + "\n"), WANTED, {"u"})
    wrong = list(range(9, 102, 9))
    assert [reject.row for reject in table.rejected] == wrong
    assert table.places.numbers.tolist() == [row for row in range(2, 102) if row % 9]
    assert cells(table, "u") == [f"u{row % 7}" for row in range(2, 102) if row % 9]
    assert len(table.columns["u"].dictionary) == 7


def test_labels_and_vectors() -> None:
    assert parse_labels(pa.array(["a|b | a|", None, "Film-Noir"]), "|") == [("a", "b"), (), ("Film-Noir",)]
    assert parse_labels(pa.array([["a", "b|c", None], None]), "|") == [("a", "b|c"), ()]
    assert parse_labels(pa.array([[1.0, 2.5]]), "|") == [("1", "2.5")]
    assert parse_vectors(pa.array(["[1, 2]", "1|2", "1 x", None, "inf 1"]), "|") == [
        (1, 2),
        (1, 2),
        None,
        (),
        None,
    ]
    assert parse_vectors(pa.array([[1.0, 0.5], [None, 1.0]]), "|") == [(1, 0.5), None]


def test_numbers_with_a_decimal_comma() -> None:
    found, bad = parse_numbers(pa.array(["6,95", "1.234,5", "1.234", "1.5", "-7", "1.23,4", ""]), ",")
    assert found[:3].tolist() == [6.95, 1234.5, 1234] and found[4] == -7
    assert bad.tolist() == [False, False, False, True, False, True, False]
