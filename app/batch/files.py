"""`chorus batch-score`: the pairs of a file, of any size, scored into another."""

import csv
import json
import time
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.batch.rows import ITEM, TIME, USER, Row, ScoredRow, score_rows
from app.config import read_settings
from app.golden import open_and_check
from app.threads import limit_threads

CHUNK = 20_000
"""Rows held at once; a user's rows within a chunk are scored together."""
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
SUFFIXES = (".parquet", ".csv", ".jsonl", ".ndjson")


class BatchFileError(Exception):
    """A file that cannot be read as pairs, or not be written."""


def score_file(source: Path, target: Path, bundle_folder: Path) -> dict[str, int]:
    """Score every row of `source` (user_id, item_id, optional timestamp and context columns) into `target`.

    A timestamp is in Unix seconds or RFC 3339, or a Parquet timestamp, which counts as UTC where it has no zone.
    Each row comes out once, in order, with status ok, unknown_item or error, its score and every head's value.
    Users are known by the bundle's training histories. Written under a temporary name, then renamed. Returns
    counts by status. Raises BatchFileError, BundleError, OSError.
    """
    for path in (source, target):
        if path.suffix not in SUFFIXES:
            raise BatchFileError(f"expected a file that ends in {', '.join(SUFFIXES)}, given {path.name}")
    source.open("rb").close()
    temporary = _begun(target)
    counts = {"ok": 0, "unknown_item": 0, "error": 0}
    try:
        limit_threads(1)
        bundle = open_and_check(bundle_folder, read_settings().candidates)
        rows = read_rows(source, bundle.spec.context_fields)
        with _Writer(temporary, target.suffix, bundle.heads) as writer:
            while chunk := list(islice(rows, CHUNK)):
                scored = score_rows(bundle, chunk, time.time())
                for row in scored:
                    counts[row["status"]] += 1
                writer.write(scored)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def _begun(target: Path) -> Path:
    """An empty file beside the target, to become it; raises BatchFileError where it cannot be written there."""
    if not target.parent.is_dir():
        raise BatchFileError(f"expected the folder {target.parent} to exist, given none")
    if target.is_dir():
        raise BatchFileError(f"expected a file to write into, given the folder {target}")
    temporary = target.with_name(f".{target.name}.writing")
    try:
        temporary.write_bytes(b"")
    except OSError as error:
        raise BatchFileError(
            f"expected to write {target.name} in the folder {target.parent}, given {error.strerror}"
        ) from error
    return temporary


def read_rows(path: Path, context: Sequence[str] = ()) -> Iterator[Row]:
    """The rows of a file; raises BatchFileError where a needed column is missing, or the file is not as it says.

    So it does where a column that is read, those of the context too, stands there twice. A row that cannot
    be read has a fault. Of JSON it is enough that some row has the columns.
    """
    rows = {".parquet": _parquet_rows, ".csv": _csv_rows}.get(path.suffix, _json_rows)(path, context)
    try:
        yield from rows
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise BatchFileError(f"expected {path.suffix[1:]} in UTF-8 in {path}, given {error}") from error


def _check_columns(path: Path, names: Sequence[str], context: Sequence[str]) -> None:
    if not {USER, ITEM} <= set(names):
        raise BatchFileError(f"expected the columns {USER} and {ITEM} in {path}, given {', '.join(names)}")
    for name in (USER, ITEM, TIME, *context):
        if (count := names.count(name)) > 1:
            raise BatchFileError(f"expected the column {name} once in {path}, given {count} times")


def _parquet_rows(path: Path, context: Sequence[str]) -> Iterator[Row]:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BatchFileError(f"expected Parquet in {path}, given {error}") from error
    _check_columns(path, file.schema_arrow.names, context)
    number = 0
    for batch in file.iter_batches(batch_size=CHUNK):
        for row in _in_seconds(batch).to_pylist():
            number += 1
            yield _row(number, row)


def _in_seconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with a timestamp column's moments as Unix seconds."""
    place = batch.schema.get_field_index(TIME)
    if place < 0 or not pa.types.is_timestamp(batch.schema.field(place).type):
        return batch
    ticks = batch.column(place).cast(pa.int64()).cast(pa.float64(), safe=False)
    moments = pc.divide(ticks, PER_SECOND[batch.schema.field(place).type.unit])
    return batch.set_column(place, TIME, moments)


def _csv_rows(path: Path, context: Sequence[str]) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        lines = (line for line in csv.reader(stream) if line)
        names = next(lines, None)
        if names is None:
            raise BatchFileError(f"expected the columns {USER} and {ITEM} in {path}, given an empty file")
        _check_columns(path, names, context)
        for number, cells in enumerate(lines, start=1):
            row = _row(number, dict(zip(names, cells, strict=False)))
            unfit = len(cells) != len(names)
            fault = f"expected {len(names)} cells, given {len(cells)}"
            yield Row(number, row.cells, fault) if unfit else row


def _json_rows(path: Path, context: Sequence[str]) -> Iterator[Row]:
    with path.open(encoding="utf-8-sig") as stream:
        lines = (line for line in stream if line.strip())
        rows = (_json_row(number, line) for number, line in enumerate(lines, start=1))
        first = list(islice(rows, CHUNK))
        objects = [row.cells for row in first if row.fault is None]
        if objects and not any({USER, ITEM} <= cells.keys() for cells in objects):
            _check_columns(path, list(objects[0]), context)
        yield from first
        yield from rows


def _json_row(number: int, line: str) -> Row:
    try:
        row = json.loads(line, parse_constant=_no_json)
        json.dumps(
            row, ensure_ascii=False
        ).encode()  # half a pair of surrogates is no text that can be written
    except (ValueError, RecursionError) as error:
        return Row(number, {}, f"expected JSON, given {error}")
    if not isinstance(row, dict):
        return Row(number, {}, f"expected an object, given {line[:40].strip()!r}")
    return _row(number, row)


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"the constant {constant}")


def _row(number: int, cells: dict[str, object]) -> Row:
    """A row of plain values; at fault where an id is neither text nor a number."""
    odd = [
        name
        for name in (USER, ITEM)
        if not isinstance(cells.get(name), str | int | float | None) or isinstance(cells.get(name), bool)
    ]
    fault = f"expected text or a number as {odd[0]}, given {type(cells[odd[0]]).__name__}" if odd else None
    return Row(number, {name: _plain(value) for name, value in cells.items() if name not in odd}, fault)


def _plain(value: object) -> str | None:
    """A cell as text; None where there is nothing. A whole float is an id that a table has widened."""
    if value is None or value == "" or value != value:  # noqa: PLR0124 - NaN
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


class _Writer:
    """Rows into a Parquet, CSV or JSON Lines file."""

    def __init__(self, path: Path, suffix: str, heads: tuple[str, ...]) -> None:
        self._names = [USER, ITEM, "status", "message", "score", *heads]
        text, number = pa.string(), pa.float64()
        kinds = [text, text, text, text, number, *([number] * len(heads))]
        self._schema = pa.schema(list(zip(self._names, kinds, strict=True)))
        self._path, self._suffix = path, suffix

    def __enter__(self) -> "_Writer":
        if self._suffix == ".parquet":
            self._parquet = pq.ParquetWriter(self._path, self._schema)
            return self
        self._stream = self._path.open("w", newline="", encoding="utf-8")
        if self._suffix == ".csv":
            self._csv = csv.DictWriter(self._stream, self._names)
            self._csv.writeheader()
        return self

    def write(self, rows: Sequence[ScoredRow]) -> None:
        """Append rows."""
        if self._suffix == ".parquet":
            self._parquet.write_table(pa.Table.from_pylist(list(rows), schema=self._schema))
        elif self._suffix == ".csv":
            self._csv.writerows(rows)
        else:
            self._stream.writelines(json.dumps(row) + "\n" for row in rows)

    def __exit__(self, *_: object) -> None:
        (self._parquet if self._suffix == ".parquet" else self._stream).close()
