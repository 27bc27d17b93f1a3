"""Files of pairs, read: what their columns say, and which of them must stand there once."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.batch import files
from app.batch.files import BatchFileError, read_rows
from app.batch.rows import Row

MOMENT = 1_701_000_000


@pytest.mark.parametrize("kind", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "+02:00"])
def test_parquets_own_timestamps_are_read(tmp_path: Path, kind: str, zone: str | None) -> None:
    moments = pa.array([MOMENT, None], pa.int64())
    scaled = pa.array([n and n * files.PER_SECOND[kind] for n in moments.to_pylist()], pa.int64())
    column = scaled.cast(pa.timestamp(kind, zone))
    table = pa.table({"timestamp": column, "user_id": ["u1", "u2"], "item_id": ["i1", "i2"]})
    pq.write_table(table, tmp_path / "in.parquet")
    found = read_rows(tmp_path / "in.parquet")
    assert [row.cells["timestamp"] for row in found] == [str(MOMENT), None]


def test_numbers_as_ids_are_read_as_text(tmp_path: Path) -> None:
    """A table with a missing id has widened the others to floats."""
    rows = [{"user_id": 7.0, "item_id": 12, "x": None}, {"user_id": float("nan"), "item_id": 1, "x": 2.5}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "in.parquet")
    found = list(read_rows(tmp_path / "in.parquet"))
    assert found == [
        Row(1, {"user_id": "7", "item_id": "12", "x": None}),
        Row(2, {"user_id": None, "item_id": "1", "x": "2.5"}),
    ]


def test_a_column_of_the_context_stands_there_once(tmp_path: Path) -> None:
    """One that nobody reads may stand there twice."""
    (tmp_path / "in.csv").write_text("user_id,item_id,device,device\nu1,i1,phone,desk\n")
    assert [row.fault for row in read_rows(tmp_path / "in.csv", ("place",))] == [None]
    with pytest.raises(BatchFileError, match=r"expected the column device once in .*, given 2 times"):
        list(read_rows(tmp_path / "in.csv", ("device",)))
    columns = [pa.array(["u1"]), pa.array(["i1"]), pa.array(["i2"])]
    pq.write_table(pa.table(columns, ["user_id", "item_id", "item_id"]), tmp_path / "in.parquet")
    with pytest.raises(BatchFileError, match=r"expected the column item_id once in .*, given 2 times"):
        list(read_rows(tmp_path / "in.parquet"))


@pytest.mark.parametrize(
    ("name", "text"),
    [("in.csv", "user_id,item_id\nu1,i1\n"), ("in.jsonl", '{"user_id": "u1", "item_id": "i1"}\n')],
)
def test_a_byte_order_mark_is_no_part_of_the_file(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8-sig")
    assert list(read_rows(tmp_path / name)) == [Row(1, {"user_id": "u1", "item_id": "i1"})]
