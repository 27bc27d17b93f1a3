"""Rows of files of every format as texts: numbers, timestamps, doubled columns, unreadable rows in their place."""

import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.data.readers import csv, csv_lines, jsonlines, parquet, rows
from models.data.readers.rows import RowsError, TextRow, read_rows

REQUIRED = ("user_id", "item_id")
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
MOMENT = 1_701_000_000


@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "+02:00"])
def test_parquets_own_timestamps_are_read(tmp_path: Path, kind: str, zone: str | None) -> None:
    moments = pa.array([MOMENT, None], pa.int64())
    scaled = pa.array([n and n * PER_SECOND[kind] for n in moments.to_pylist()], pa.int64())
    column = scaled.cast(pa.timestamp(kind, zone))
    table = pa.table({"timestamp": column, "user_id": ["u1", "u2"], "item_id": ["i1", "i2"]})
    pq.write_table(table, tmp_path / "in.parquet")
    found = read_rows(tmp_path / "in.parquet", REQUIRED, ("timestamp",))
    assert [row.cells["timestamp"] for row in found] == [str(MOMENT), None]


def test_numbers_as_ids_are_read_as_text(tmp_path: Path) -> None:
    """A table with a missing id has widened the others to floats."""
    rows = [{"user_id": 7.0, "item_id": 12, "x": None}, {"user_id": float("nan"), "item_id": 1, "x": 2.5}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    found = list(read_rows(tmp_path / "in.parquet", REQUIRED, ("x",)))
    assert found == [
        TextRow(1, {"user_id": "7", "item_id": "12", "x": None}),
        TextRow(2, {"user_id": None, "item_id": "1", "x": "2.5"}),
    ]


def test_a_column_of_the_context_stands_there_once(tmp_path: Path) -> None:
    """One that nobody reads may stand there twice."""
    (tmp_path / "in.csv").write_text("user_id,item_id,device,device\nu1,i1,phone,desk\n")
    assert [row.fault for row in read_rows(tmp_path / "in.csv", REQUIRED, ("place",))] == [None]
    with pytest.raises(RowsError, match=r"expected the column device once in .*, given 2 times"):
        list(read_rows(tmp_path / "in.csv", REQUIRED, ("device",)))
    columns = [pa.array(["u1"]), pa.array(["i1"]), pa.array(["i2"])]
    pq.write_table(pa.table(columns, ["user_id", "item_id", "item_id"]), tmp_path / "in.parquet")
    with pytest.raises(RowsError, match=r"expected the column item_id once in .*, given 2 times"):
        list(read_rows(tmp_path / "in.parquet", REQUIRED))


@pytest.mark.parametrize(
    ("name", "text"),
    [("in.csv", "user_id,item_id\nu1,i1\n"), ("in.jsonl", '{"user_id": "u1", "item_id": "i1"}\n')],
)
def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert list(read_rows(tmp_path / name, REQUIRED)) == [TextRow(1, {"user_id": "u1", "item_id": "i1"})]


CSV = "user_id,item_id\n" + "".join(
    "u1\n" if number % 7 == 3 else f'"u{number}",i{number}\n' if number % 5 == 2 else f"u{number},i{number}\n"
    for number in range(60)
)
JSON = "".join(
    "{oops\n\n" if number % 7 == 3 else f'{{"user_id": "u{number}", "item_id": "i{number}"}}\n'
    for number in range(60)
)


@pytest.mark.parametrize(
    ("name", "text"),
    [("in.csv", CSV), ("in.csv", CSV.replace('"u2",', '"u2,')), ("in.jsonl", JSON)],
    ids=["csv", "csv line by line", "json lines"],
)
@pytest.mark.parametrize("size", [1, 4, 100])
def test_rows_come_in_order_whatever_the_tables_sizes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, text: str, size: int
) -> None:
    monkeypatch.setattr(csv, "BLOCK", 30 * size)
    monkeypatch.setattr(csv_lines, "LINES", size)
    monkeypatch.setattr(jsonlines, "LINES", size)
    monkeypatch.setattr(rows, "SLICE", max(size // 2, 1))
    (tmp_path / name).write_text(text)
    found = list(read_rows(tmp_path / name, REQUIRED))
    assert [row.number for row in found] == list(range(1, 61))
    unclosed = {2} if '"u2,' in text else set()
    assert {row.number - 1 for row in found if row.fault} == set(range(3, 60, 7)) | unclosed
    whole = [row for row in found if row.fault is None]
    assert all(
        row.cells == {"user_id": f"u{row.number - 1}", "item_id": f"i{row.number - 1}"} for row in whole
    )


def test_rows_of_a_parquet_file_in_several_tables(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(parquet, "ROWS", 7)
    pq.write_table(pa.table({"user_id": range(40), "item_id": range(40)}), tmp_path / "in.parquet")
    assert list(read_rows(tmp_path / "in.parquet", REQUIRED)) == [
        TextRow(number + 1, {"user_id": str(number), "item_id": str(number)}) for number in range(40)
    ]


def test_a_column_of_lists_is_no_ids(tmp_path: Path) -> None:
    pq.write_table(pa.table({"user_id": [["u1"]], "item_id": ["i1"]}), tmp_path / "in.parquet")
    with pytest.raises(RowsError, match=r"user_id: expected a column with one value a cell, given list"):
        list(read_rows(tmp_path / "in.parquet", REQUIRED))


def test_what_can_be_told_of_an_unreadable_row(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text('user_id,item_id\nu1,i1,9\nu2\n,"i3,\n')
    assert list(read_rows(tmp_path / "in.csv", REQUIRED)) == [
        TextRow(1, {"user_id": "u1", "item_id": "i1"}, "expected 2 cells, given 3"),
        TextRow(2, {"user_id": "u2", "item_id": None}, "expected 2 cells, given 1"),
        TextRow(3, {"user_id": None, "item_id": "i3,"}, "unexpected end of data"),
    ]
    (tmp_path / "in.jsonl").write_text('{"user_id": ["u1"], "item_id": 7.0}\n')
    assert list(read_rows(tmp_path / "in.jsonl", REQUIRED)) == [
        TextRow(1, {"user_id": None, "item_id": "7"}, "expected text or a number as user_id, given list")
    ]


def test_a_moment_keeps_its_fraction(tmp_path: Path) -> None:
    moments = pa.array([1_500, None], pa.timestamp("ms"))
    pq.write_table(
        pa.table({"user_id": ["a", "b"], "item_id": ["c", "d"], "t": moments}), tmp_path / "in.parquet"
    )
    found = [row.cells["t"] for row in read_rows(tmp_path / "in.parquet", REQUIRED, ("t",))]
    assert math.isclose(float(found[0] or 0), 1.5) and found[1] is None
