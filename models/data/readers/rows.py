"""Files of any size -> their rows as texts, one by one and in order, the unreadable ones among them."""

import csv
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from models.data.readers.csv import delimiter, header, stream_delimited
from models.data.readers.jsonlines import JsonColumns, parse_object, scalar_text, stream_json_lines
from models.data.readers.parquet import column_names, stream_parquet
from models.data.readers.parsing import format_texts, parse_moments
from models.data.readers.table import NOT_UTF8, Reject, Table
from models.job.errors import JobError

SLICE = 20_000
"""Rows of a table that are texts at the same time."""

Cells = Mapping[str, str | None]


class RowsError(ValueError):
    """A file that cannot be read as rows."""


@dataclass(frozen=True, slots=True)
class TextRow:
    """A row: its cells as texts, None where a cell is empty."""

    number: int  # from 1, without header and blank lines
    cells: Cells
    fault: str | None = None  # why it cannot be read; then `cells` holds what can


def read_rows(path: Path, required: Sequence[str], optional: Sequence[str] = ()) -> Iterator[TextRow]:
    """The rows of a CSV, Parquet or JSON Lines file, with the required columns and the optional ones it has.

    Numbers are texts without a superfluous decimal point, Parquet timestamps Unix seconds (UTC where they have no
    zone). In JSON Lines a required cell must be a text or a number. Raises RowsError where a required column is
    missing, a column that is read occurs twice or the file is not in the format and encoding that it should be.
    """
    expected = {".parquet": "Parquet", ".csv": "csv in UTF-8"}.get(path.suffix, f"{path.suffix[1:]} in UTF-8")
    try:
        number = 0
        for table in _stream(path, required, optional):
            for _, cells, fault in heapq.merge(
                _readable(table), _unreadable(table, path), key=lambda row: row[0]
            ):
                number += 1
                yield TextRow(number, cells, fault)
    except pa.ArrowException as error:
        raise RowsError(f"expected {expected} in {path}, given {error}") from error
    except JobError as error:
        raise RowsError(f"expected {expected} in {path}: {error}") from error


def _stream(path: Path, required: Sequence[str], optional: Sequence[str]) -> Iterator[Table]:
    wanted = list(dict.fromkeys((*required, *optional)))
    if path.suffix == ".parquet":
        names = column_names(path)
        _check(path, names, required, wanted)
        yield from stream_parquet(path, {name: f"columns.{name}" for name in wanted if name in names})
    elif path.suffix == ".csv":
        names = header(path)
        _check(path, names, required, wanted)
        yield from stream_delimited(path, [name for name in wanted if name in names])
    else:
        keys: set[str] = set()
        checked = False
        columns = JsonColumns(tuple(wanted), scalars=frozenset(required))
        for table in stream_json_lines(path, columns, keys):
            if keys and not checked:  # it is enough that some row has the columns
                _check(path, [*sorted(keys)], required, wanted)
                checked = True
            yield table


def _check(path: Path, names: Sequence[str], required: Sequence[str], wanted: Sequence[str]) -> None:
    if not set(required) <= set(names):
        given = ", ".join(names) if names else "an empty file"
        raise RowsError(f"expected the columns {' and '.join(required)} in {path}, given {given}")
    for name in wanted:
        if (count := names.count(name)) > 1:
            raise RowsError(f"expected the column {name} once in {path}, given {count} times")


def _readable(table: Table) -> Iterator[tuple[int, Cells, None]]:
    """(row number, cells, no fault) of the table's rows."""
    for start in range(0, len(table), SLICE):
        columns = [_texts(column.slice(start, SLICE)) for column in table.columns.values()]
        numbers = table.numbers[start : start + SLICE].tolist()
        for number, *cells in zip(numbers, *columns, strict=True):
            yield number, dict(zip(table.columns, cells, strict=True)), None


def _texts(column: pa.Array) -> list[str | None]:
    if pa.types.is_timestamp(column.type):
        column = pa.array(parse_moments(column, "s")[0])
    values: list[str | None] = format_texts(column).to_pylist()
    return values


def _unreadable(table: Table, path: Path) -> Iterator[tuple[int, Cells, str]]:
    """(row number, the cells that can be told, what is wrong) of the rows that are not in the table."""
    names = header(path) if path.suffix == ".csv" and len(table.rejected) else []
    for reject in table.rejected:
        if reject.reason == NOT_UTF8:
            raise RowsError(
                f"expected {path.suffix[1:]} in UTF-8 in {path}, given other bytes in row {reject.row}"
            )
        yield reject.row, _cells(reject, names, path), reject.reason.removeprefix("unparsable: ")


def _cells(reject: Reject, names: Sequence[str], path: Path) -> Cells:
    line = str(reject.raw)
    if path.suffix == ".csv":
        try:
            cells = next(csv.reader([line], delimiter=delimiter(path)), [])
        except csv.Error:
            return {}
        return {name: cell or None for name, cell in zip(names, cells, strict=False)}
    row = parse_object(line.encode())
    return {} if isinstance(row, str) else {name: scalar_text(value) for name, value in row.items()}
