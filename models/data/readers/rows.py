"""Read the rows of a file of any size as texts, in order, including unreadable rows."""

import csv
import heapq
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from models.data.readers.column_plan import ColumnPlan
from models.data.readers.file_format import FileFormat, find_format
from models.data.readers.moments import UNIX, parse_moments
from models.data.readers.parsing import format_texts
from models.data.readers.table import NOT_UTF8, Table
from models.data.readers.text_file import TextFile, open_text_file
from models.job.errors import JobError
from models.job.file_options import FileOptions

SLICE = 20_000
"""Rows of a table that are converted to texts at once."""

Cells = Mapping[str, str | None]


class RowsError(ValueError):
    """A file that cannot be read as rows."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row: its cells as texts, None where a cell is empty."""

    number: int  # from 1, without header and blank lines
    cells: Cells
    fault: str | None = None  # why the row cannot be read; `cells` then has the readable cells


def read_rows(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), *, others: bool = False
) -> Iterator[TextRow]:
    """Yield the rows of a file of any known format, with the required columns and existing optional ones.

    With `others` the rows have all other columns of plain values, too; of JSON Lines those of its first block. Whole
    numbers have no decimal point; Parquet timestamps become Unix seconds (UTC without a zone). In JSON Lines a required
    cell must be a text or a number, and the columns are checked after the last row. Raises RowsError if a required
    column is missing, a column occurs twice, or the file does not have its format and encoding, and OSError if it
    cannot be opened.
    """
    try:
        file_format = find_format(path)
    except ValueError as error:
        raise RowsError(str(error)) from error
    if path.exists() and not path.is_file():
        raise RowsError(f"expected a file at {path}, given something else")
    path.open("rb").close()  # the error of a file that cannot be opened says why
    try:
        number = 0
        if others:
            optional = (*optional, *_find_others(file_format, path, (*required, *optional)))
        for table, names in _stream_tables(file_format, path, required, optional):
            rejected = _read_rejected(table, file_format, open_text_file(path, FileOptions()), names)
            for _, cells, fault in heapq.merge(_read_cells(table), rejected, key=lambda row: row[0]):
                number += 1
                yield TextRow(number, {name: cells.get(name) for name in table.columns}, fault)
    except RowsError:
        raise
    except (JobError, ValueError, OSError, EOFError, zlib.error, csv.Error, pa.ArrowException) as error:
        expected = f"{file_format.name} in UTF-8" if file_format.is_text else file_format.name
        raise RowsError(f"expected {expected} in {path}, given: {error}") from error


def _find_others(file_format: FileFormat, path: Path, known: Sequence[str]) -> list[str]:
    """The file's other columns of plain values, without repeated names."""
    names = file_format.read_plain_names(open_text_file(path, FileOptions()))
    return [name for name in names if name not in known and names.count(name) == 1]


def _stream_tables(
    file_format: FileFormat, path: Path, required: Sequence[str], optional: Sequence[str]
) -> Iterator[tuple[Table, Sequence[str]]]:
    """Yield (table, the file's columns if it names them before its rows)."""
    file, columns = open_text_file(path, FileOptions()), list(dict.fromkeys((*required, *optional)))
    names = file_format.read_names(file)
    if names is not None:
        _check_columns(path, names, required, columns)
        columns = [name for name in columns if name in names]
    plan = ColumnPlan(
        {f"columns.{name}": name for name in columns}, ids=frozenset(required), scalars=frozenset(required)
    )
    for table in file_format.stream(file, plan):
        yield table, names or ()
    if names is None and plan.names:  # a file without rows has no columns
        _check_columns(path, sorted(plan.names), required, columns)


def _check_columns(path: Path, names: Sequence[str], required: Sequence[str], columns: Sequence[str]) -> None:
    if not set(required) <= set(names):
        names_text = ", ".join(names) if names else "an empty file"
        raise RowsError(f"expected the columns {' and '.join(required)} in {path}, given {names_text}")
    for name in columns:
        if (count := names.count(name)) > 1:
            raise RowsError(f"expected the column {name} once in {path}, given {count} times")


def _read_cells(table: Table) -> Iterator[tuple[int, Cells, None]]:
    """Yield (row number, cells, no fault) for the table's rows."""
    for start in range(0, len(table), SLICE):
        columns = [_column_texts(column.slice(start, SLICE)) for column in table.columns.values()]
        numbers = table.places.numbers[start : start + SLICE].tolist()
        for number, *cells in zip(numbers, *columns, strict=True):
            yield number, dict(zip(table.columns, cells, strict=True)), None


def _column_texts(column: pa.Array) -> list[str | None]:
    if pa.types.is_timestamp(column.type):
        column = pa.array(parse_moments(column, UNIX)[0])
    values: list[str | None] = format_texts(column).to_pylist()
    return values


def _read_rejected(
    table: Table, file_format: FileFormat, file: TextFile, names: Sequence[str]
) -> Iterator[tuple[int, Cells, str]]:
    """Yield (row number, readable cells, fault) for the table's rejected rows."""
    for reject in table.rejected:
        if reject.reason == NOT_UTF8:
            raise RowsError(f"expected UTF-8 in {file.path}, given other bytes in row {reject.row}")
        cells = file_format.split_line(file, names, str(reject.raw))
        yield reject.row, cells, reject.reason.removeprefix("unparsable: ")
