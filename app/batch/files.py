"""`chorus batch-score`: score the (user, item) pairs of a file of any size into another file."""

import csv
import gzip
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol, TextIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from app.batch.rows import ITEM, TIME, USER, Row, ScoredRow, score_rows
from app.config import read_settings
from app.golden import open_and_check
from app.threads import limit_threads
from models.contract.replaced_file import name_temporary

CHUNK = 20_000
"""Rows held at once; a user's rows within a chunk are scored together."""
TEXT_RESULTS = (USER, ITEM, "status", "message")
"""The columns of a result that are texts."""
DELIMITERS = {".csv": ",", ".tsv": "\t"}
TEXT_SUFFIXES = (*DELIMITERS, ".jsonl", ".ndjson")
SUFFIXES = (".parquet", *TEXT_SUFFIXES, *(f"{suffix}.gz" for suffix in TEXT_SUFFIXES))
"""Ends of the names of files that can be written; the reader checks those of files that are read."""


class ReadRow(Protocol):
    """A row of a file; see app.batch.rows.Row."""

    @property
    def number(self) -> int:
        """The row's number from 1, without header and blank lines."""
        ...

    @property
    def cells(self) -> Mapping[str, str | None]:
        """Column -> text; None for an empty cell."""
        ...

    @property
    def fault(self) -> str | None:
        """Why the row cannot be read; None for a readable one."""
        ...


class RowReader(Protocol):
    """Reads the rows of a file of any size in bounded memory; models.cli has the implementation."""

    def __call__(
        self, path: Path, required: Sequence[str], optional: Sequence[str], *, others: bool
    ) -> Iterator[ReadRow]:
        """Every row once and in order; raises ValueError for a file that cannot be read as rows.

        The rows have the required columns and the optional ones that exist; with `others` all columns.
        """
        ...


class BatchFileError(Exception):
    """The input cannot be read as pairs, or the output cannot be written."""


def score_file(source: Path, target: Path, bundle_folder: Path, read: RowReader) -> dict[str, int]:
    """Score every row of `source` (user_id, item_id, optional timestamp and context columns) into `target`.

    A timestamp is in Unix seconds or RFC 3339, or a Parquet timestamp, which counts as UTC where it has no zone.
    Every row is written once, in order, with status ok, unknown_item or error, its score and every head's value, and
    its other columns as texts; a column of the input with the name of a result is replaced.
    Users have their training histories of the bundle. `target` is written under a temporary name and then renamed.
    Returns status -> number of rows. Raises BatchFileError, BundleError, OSError.
    """
    if not target.name.lower().endswith(SUFFIXES):
        raise BatchFileError(f"expected a file that ends in {', '.join(SUFFIXES)}, given {target.name}")
    first = next(_read_rows(read, source, ()), None)  # a file that cannot be read is refused before any work
    temporary = _create_temporary(target)
    counts = {"ok": 0, "unknown_item": 0, "error": 0}
    try:
        limit_threads(1)
        settings = read_settings()
        bundle = open_and_check(bundle_folder, settings.candidates, settings.signing_key, retries=True)
        rows = _read_rows(read, source, bundle.spec.context_fields)
        columns = _Columns.of(bundle.heads, first)
        with _Writer(temporary, target.name.lower(), columns) as writer:
            while chunk := list(islice(rows, CHUNK)):
                scored = score_rows(bundle, chunk, time.time())
                for row in scored:
                    counts[row["status"]] += 1
                writer.write(list(map(columns.keep_others, chunk, scored)))
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def _create_temporary(target: Path) -> Path:
    """Create an empty file beside the target, to be renamed to it; raises BatchFileError if that fails."""
    if not target.parent.is_dir():
        raise BatchFileError(f"expected the folder {target.parent} to exist, given none")
    if target.is_dir():
        raise BatchFileError(f"expected a file to write into, given the folder {target}")
    temporary = name_temporary(target)
    try:
        temporary.write_bytes(b"")
    except OSError as error:
        raise BatchFileError(
            f"expected to write {target.name} in the folder {target.parent}, given {error.strerror}"
        ) from error
    return temporary


def _read_rows(read: RowReader, path: Path, context: Sequence[str]) -> Iterator[Row]:
    try:
        for row in read(path, (USER, ITEM), (TIME, *context), others=True):
            yield Row(row.number, row.cells, row.fault)
    except ValueError as error:
        raise BatchFileError(str(error)) from error


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of the output: the texts and numbers of the result, and the other columns of the input."""

    numbers: tuple[str, ...]  # the score and the heads
    others: tuple[str, ...]

    @staticmethod
    def of(heads: tuple[str, ...], first: Row | None) -> "_Columns":
        """The columns for a file with this first row; a column of the input with the name of a result is replaced."""
        numbers = ("score", *heads)
        names = () if first is None else first.cells
        return _Columns(numbers, tuple(name for name in names if name not in (*TEXT_RESULTS, *numbers)))

    @property
    def names(self) -> tuple[str, ...]:
        """All columns, in order."""
        return (*TEXT_RESULTS, *self.numbers, *self.others)

    def keep_others(self, row: Row, scored: ScoredRow) -> ScoredRow:
        """The scored row with the other cells of its input."""
        return scored | {name: row.cells.get(name) for name in self.others}


class _Writer:
    """Writes scored rows into a Parquet, CSV, TSV or JSON Lines file; the texts are compressed for a name with .gz."""

    def __init__(self, path: Path, name: str, columns: _Columns) -> None:
        self._names = columns.names
        kinds = dict.fromkeys(columns.numbers, pa.float64())
        self._schema = pa.schema([(name, kinds.get(name, pa.string())) for name in columns.names])
        self._path, self._compressed = path, name.endswith(".gz")
        self._suffix = Path(name.removesuffix(".gz")).suffix

    def __enter__(self) -> "_Writer":
        if self._suffix == ".parquet":
            self._parquet = pq.ParquetWriter(self._path, self._schema)
            return self
        self._stream = _open_text(self._path, self._compressed)
        if self._suffix in DELIMITERS:
            self._csv = csv.DictWriter(self._stream, self._names, delimiter=DELIMITERS[self._suffix])
            self._csv.writeheader()
        return self

    def write(self, rows: Sequence[ScoredRow]) -> None:
        """Append scored rows."""
        if self._suffix == ".parquet":
            self._parquet.write_table(pa.Table.from_pylist(list(rows), schema=self._schema))
        elif self._suffix in DELIMITERS:
            self._csv.writerows(rows)
        else:
            self._stream.writelines(json.dumps(row) + "\n" for row in rows)

    def __exit__(self, *_: object) -> None:
        (self._parquet if self._suffix == ".parquet" else self._stream).close()


def _open_text(path: Path, compressed: bool) -> TextIO:
    if compressed:
        return cast(TextIO, gzip.open(path, "wt", newline="", encoding="utf-8"))
    return path.open("w", newline="", encoding="utf-8")
