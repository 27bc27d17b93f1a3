"""Read the rows of a file of any size as texts, in order, including unreadable rows."""

import csv
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from models.data.readers.csv import stream_delimited
from models.data.readers.csv_format import delimiter, read_header
from models.data.readers.jsonlines import JsonColumns, format_scalar, parse_object, stream_json_lines
from models.data.readers.parquet import column_names, stream_parquet
from models.data.readers.parsing import format_texts, parse_moments
from models.data.readers.table import NOT_UTF8, Reject, Table
from models.job.errors import JobError

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


def read_rows(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[TextRow]:
    """Yield the rows of a CSV, Parquet or JSON Lines file, with the required columns and existing optional ones.

    Whole numbers have no decimal point; Parquet timestamps become Unix seconds (UTC without a zone). In JSON Lines a
    required cell must be a text or a number. Raises RowsError if a required column is missing, a column occurs twice,
    or the file does not have its format and encoding.
    """
    expected = {".parquet": "Parquet", ".csv": "csv in UTF-8"}.get(path.suffix, f"{path.suffix[1:]} in UTF-8")
    try:
        number = 0
        for table in _stream_tables(path, required, optional):
            for _, cells, fault in heapq.merge(
                _read_cells(table), _read_rejected(table, path), key=lambda row: row[0]
            ):
                number += 1
                yield TextRow(number, cells, fault)
    except pa.ArrowException as error:
        raise RowsError(f"expected {expected} in {path}, given {error}") from error
    except JobError as error:
        raise RowsError(f"expected {expected} in {path}: {error}") from error


def _stream_tables(path: Path, required: Sequence[str], optional: Sequence[str]) -> Iterator[Table]:
    columns = list(dict.fromkeys((*required, *optional)))
    if path.suffix == ".parquet":
        names = column_names(path)
        _check_columns(path, names, required, columns)
        yield from stream_parquet(path, {name: f"columns.{name}" for name in columns if name in names})
    elif path.suffix == ".csv":
        names = read_header(path)
        _check_columns(path, names, required, columns)
        yield from stream_delimited(path, [name for name in columns if name in names])
    else:
        keys: set[str] = set()
        is_checked = False
        json_columns = JsonColumns(tuple(columns), scalars=frozenset(required))
        for table in stream_json_lines(path, json_columns, keys):
            if keys and not is_checked:  # the columns must occur in some row, not in every row
                _check_columns(path, [*sorted(keys)], required, columns)
                is_checked = True
            yield table


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
        numbers = table.numbers[start : start + SLICE].tolist()
        for number, *cells in zip(numbers, *columns, strict=True):
            yield number, dict(zip(table.columns, cells, strict=True)), None


def _column_texts(column: pa.Array) -> list[str | None]:
    if pa.types.is_timestamp(column.type):
        column = pa.array(parse_moments(column, "s")[0])
    values: list[str | None] = format_texts(column).to_pylist()
    return values


def _read_rejected(table: Table, path: Path) -> Iterator[tuple[int, Cells, str]]:
    """Yield (row number, readable cells, fault) for the table's rejected rows."""
    names = read_header(path) if path.suffix == ".csv" and len(table.rejected) else []
    for reject in table.rejected:
        if reject.reason == NOT_UTF8:
            raise RowsError(
                f"expected {path.suffix[1:]} in UTF-8 in {path}, given other bytes in row {reject.row}"
            )
        yield reject.row, _parse_cells(reject, names, path), reject.reason.removeprefix("unparsable: ")


def _parse_cells(reject: Reject, names: Sequence[str], path: Path) -> Cells:
    line = str(reject.raw)
    if path.suffix == ".csv":
        try:
            cells = next(csv.reader([line], delimiter=delimiter(path)), [])
        except csv.Error:
            return {}
        return {name: cell or None for name, cell in zip(names, cells, strict=False)}
    row = parse_object(line.encode())
    return {} if isinstance(row, str) else {name: format_scalar(value) for name, value in row.items()}
