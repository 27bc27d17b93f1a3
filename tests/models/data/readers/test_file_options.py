"""Files of other encodings, several files, null values, and ids that are not exact."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.data.readers.column_plan import ColumnPlan
from models.data.readers.parsing import code_texts
from models.data.readers.sources import read_table
from models.job.errors import JobError
from models.job.file_options import FileOptions
from tests.models.data.readers.test_sources import WANTED, Write, cells, read, rejected


def test_a_cell_longer_than_the_csv_module_reads_by_itself(write: Write) -> None:
    long = "x" * 200_000
    table = read(write("e.csv", f'u,{long},i\na,{long},1\nb,"{long},2\n'), WANTED)
    assert cells(table, "i") == ["1"]
    assert [row for row, _, _ in rejected(table)] == [3]


@pytest.mark.parametrize("end", [".csv", ".csv.gz"])
@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "shift_jis"])
def test_a_file_in_another_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    word = "東京" if encoding == "shift_jis" else "Gerät"
    content = f"u;i\n{word};1\n".encode(encoding)
    (tmp_path / f"e{end}").write_bytes(gzip.compress(content) if end.endswith("gz") else content)
    table = read(tmp_path / f"e{end}", WANTED, encoding=encoding, delimiter=";")
    assert (cells(table, "u"), cells(table, "i")) == ([word], ["1"])


def test_a_byte_that_the_encoding_does_not_know(tmp_path: Path) -> None:
    (tmp_path / "e.csv").write_bytes(b"u,i\n\x81,1\n")
    with pytest.raises(
        JobError, match=r"interactions.path: expected cp1252 in e.csv, given the byte b'.x81'"
    ):
        read(tmp_path / "e.csv", WANTED, encoding="cp1252")


def test_gzipped_json_lines(tmp_path: Path) -> None:
    (tmp_path / "e.jsonl.gz").write_bytes(gzip.compress(b'{"u": "a", "i": 1}\n'))
    assert cells(read(tmp_path / "e.jsonl.gz", WANTED), "u") == ["a"]


def test_several_files_of_several_formats_make_one_table(write: Write, tmp_path: Path) -> None:
    pq.write_table(pa.table({"i": ["3"], "u": ["c"]}), tmp_path / "c.parquet")
    files = [
        write("a.csv", "u,i\na,1\nwrong\n"),
        write("b.jsonl", '{"u": "b", "i": 2}\n'),
        tmp_path / "c.parquet",
    ]
    table = read_table(files, ColumnPlan(WANTED), FileOptions())
    assert (cells(table, "u"), cells(table, "i")) == (["a", "b", "c"], ["1", "2", "3"])
    assert [table.places[row] for row in range(3)] == [("a.csv", 2), ("b.jsonl", 1), ("c.parquet", 1)]
    assert [(reject.file, reject.row) for reject in table.rejected] == [("a.csv", 3)]
    with pytest.raises(
        JobError, match=r"interactions.item: expected one of the columns of d.csv \(u\), given 'i'"
    ):
        read_table([*files, write("d.csv", "u\na\n")], ColumnPlan(WANTED), FileOptions())


@pytest.mark.parametrize("coded", [(), ("u",)], ids=["texts", "dictionary"])
def test_null_values_are_empty_cells(write: Write, coded: tuple[str, ...]) -> None:
    path = write("e.csv", "u,i\nNULL,1\nNA,2\n\\N,None\n")
    assert cells(read(path, WANTED, coded), "u") == [None, "NA", None]
    assert cells(read(path, WANTED, coded, null_values=("NA",)), "u") == ["NULL", None, "\\N"]
    assert code_texts(read(path, WANTED, coded).columns["u"]).codes.tolist()[::2] == [-1, -1]


@pytest.mark.parametrize(("kind", "largest"), [(pa.float64(), 2**53), (pa.float32(), 2**24)])
def test_inexact_ids_are_refused(tmp_path: Path, kind: pa.DataType, largest: int) -> None:
    """From 2^53 on (2^24 in single precision) neighbouring whole numbers are the same float."""
    for offset, name in ((-1, "good"), (0, "bad")):
        users = pa.array([1.0, float(largest + offset)], kind)
        pq.write_table(pa.table({"u": users, "i": ["a", "b"]}), tmp_path / f"{name}.parquet")
    assert cells(read(tmp_path / "good.parquet", WANTED), "u") == ["1", str(largest - 1)]
    with pytest.raises(
        JobError, match=rf"interactions.user: expected ids as texts .* column u, given the \w+ {largest}"
    ):
        read(tmp_path / "bad.parquet", WANTED)


def test_an_inexact_id_in_json_costs_one_row(write: Write) -> None:
    path = write("e.jsonl", '{"u": 9007199254740993, "i": 1}\n{"u": 1e20, "i": 2}\n')
    table = read(path, WANTED)
    assert cells(table, "u") == ["9007199254740993"]
    assert rejected(table)[0][:2] == (2, "unparsable: expected an exact id as u, given the float 1e+20")


def test_views_of_parquet(tmp_path: Path) -> None:
    columns = {"u": pa.array(["a"], pa.string_view()), "i": pa.array([b"b"], pa.binary_view())}
    pq.write_table(pa.table(columns), tmp_path / "e.parquet")
    table = read(tmp_path / "e.parquet", WANTED)
    assert (cells(table, "u"), cells(table, "i")) == (["a"], ["b"])


def test_parts_of_different_types(write: Write, tmp_path: Path) -> None:
    """Ids as numbers and as texts are the same ids; numbers of two kinds are numbers."""
    pq.write_table(pa.table({"u": [1, 2], "i": [1, 2]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"u": ["1", "x"], "i": [0.5, None]}), tmp_path / "b.parquet")
    files = [
        tmp_path / "a.parquet",
        tmp_path / "b.parquet",
        write("c.csv", "u,i\n7,8\n"),
        write("d.csv", "u,i\n"),
    ]
    for coded in (frozenset(), frozenset({"u"})):
        table = read_table(files, ColumnPlan(WANTED, coded), FileOptions())
        assert cells(table, "u") == ["1", "2", "1", "x", "7"]
        assert cells(table, "i") == ["1", "2", "0.5", None, "8"]
        assert len(set(code_texts(table.columns["u"]).codes.tolist())) == 4


def test_timestamps_in_some_parts_only(write: Write, tmp_path: Path) -> None:
    pq.write_table(pa.table({"u": ["a"], "i": pa.array([0], pa.timestamp("us"))}), tmp_path / "a.parquet")
    with pytest.raises(
        JobError, match=r"interactions.path: expected the same type in the column i of all files"
    ):
        read_table([tmp_path / "a.parquet", write("b.csv", "u,i\na,1\n")], ColumnPlan(WANTED), FileOptions())


def test_a_rounded_number_is_no_id(write: Write) -> None:
    with pytest.raises(
        JobError, match=r"interactions.user: expected ids with all their digits .* '1.23457E.11'"
    ):
        read(write("e.csv", "u,i\n1.23457E+11,1\n"), WANTED)
    assert cells(read(write("e.csv", "u,i\n12e45,1.5\n"), WANTED), "u") == ["12e45"]


def test_a_json_array_is_no_table_of_lines(write: Write) -> None:
    with pytest.raises(
        JobError, match=r"interactions.path: expected one object a line in e.jsonl, given a JSON array"
    ):
        read(write("e.jsonl", '[{"u": 1, "i": 2}]\n'), WANTED)
