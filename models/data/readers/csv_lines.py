"""Read a CSV or TSV file line by line, so that an invalid line does not affect the others."""

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from models.contract.arrays import Indices
from models.data.readers.csv_format import (
    Rejects,
    build_conversion,
    code,
    describe_width,
    read_header,
)
from models.data.readers.table import NOT_UTF8, Table, UnreadableRows, join, place_rows
from models.data.readers.text_file import TextFile

LINES = 1 << 17
"""Lines of a file that become one table."""


def stream_lines(file: TextFile, columns: Sequence[str], coded: Collection[str]) -> Iterator[Table]:
    """Yield the columns of a file, LINES lines at once; those in `coded` as dictionaries."""
    names = read_header(file)
    with file.open() as stream:
        lines = (line for line in stream if line.strip(b"\r\n"))
        next(lines)  # the header
        first = 2
        while block := list(islice(lines, LINES)):
            table = _split_lines(_Layout(file, tuple(names), tuple(columns)), block, first)
            yield replace(table, columns={n: code(c, n in coded) for n, c in table.columns.items()})
            first += len(block)


@dataclass(frozen=True, slots=True)
class _Layout:
    """A file's columns, and the columns to read."""

    file: TextFile
    names: tuple[str, ...]
    columns: tuple[str, ...]


def _split_lines(layout: _Layout, block: Sequence[bytes], first: int) -> Table:
    """The lines as a table; `first` is the number of the first line. Arrow splits the lines without quotes."""
    unquoted = [number for number, line in enumerate(block, start=first) if b'"' not in line]
    fast = _split_unquoted(
        layout, [block[number - first] for number in unquoted], np.array(unquoted, dtype=np.int64)
    )
    if fast is None:
        return _split_singly(layout, enumerate(block, start=first))
    if len(unquoted) == len(block):
        return fast
    slow = _split_singly(layout, ((n, line) for n, line in enumerate(block, start=first) if b'"' in line))
    merged = join([fast, slow])
    order = np.argsort(merged.places.numbers)
    return replace(merged.take(order), rejected=_sort(merged.rejected))


def _split_unquoted(layout: _Layout, lines: Sequence[bytes], numbers: Indices) -> Table | None:
    """Lines without quotes as a table; None if one is not UTF-8 or has a carriage return without a newline."""
    text = b"".join(lines)
    if text.count(b"\r") != text.count(b"\r\n"):
        return None
    rejects: Rejects = []

    def note(row: arrow_csv.InvalidRow) -> str:
        reason = describe_width(row.expected_columns, row.actual_columns)
        rejects.append((int(numbers[row.number - 1]), reason, row.text))
        return "skip"

    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text),
            arrow_csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=list(layout.names)
            ),
            arrow_csv.ParseOptions(
                delimiter=layout.file.delimiter, quote_char=False, invalid_row_handler=note
            ),
            build_conversion(layout.columns, ()),
        )
    except pa.ArrowInvalid:
        return None
    kept_numbers = np.setdiff1d(numbers, [number for number, _, _ in rejects], assume_unique=True)
    columns = {name: table.column(name).combine_chunks() for name in layout.columns}
    name = layout.file.name
    return Table(columns, place_rows(name, kept_numbers), UnreadableRows.of(name, rejects))


def _split_singly(layout: _Layout, lines: Iterable[tuple[int, bytes]]) -> Table:
    """Numbered lines as a table, split singly."""
    indices = [layout.names.index(name) for name in layout.columns]
    cells: list[list[str | None]] = [[] for _ in layout.columns]
    numbers: list[int] = []
    rejects: Rejects = []
    for number, line in lines:
        row = _split_line(line, layout.file.delimiter, len(layout.names))
        if isinstance(row, str):
            rejects.append((number, row, line.decode(errors="replace").rstrip("\r\n")))
            continue
        numbers.append(number)
        for column, index in zip(cells, indices, strict=True):
            column.append(row[index] or None)
    columns = {
        name: pa.array(column, pa.string()) for name, column in zip(layout.columns, cells, strict=True)
    }
    name = layout.file.name
    return Table(columns, place_rows(name, numbers), UnreadableRows.of(name, rejects))


def _sort(rows: UnreadableRows) -> UnreadableRows:
    """The rows in ascending order of their numbers."""
    order = np.argsort(rows.places.numbers)
    indices = pa.array(order)
    return UnreadableRows(rows.places.take(order), rows.reasons.take(indices), rows.lines.take(indices))


def _split_line(line: bytes, delimiter: str, width: int) -> list[str] | str:
    """The cells of a line, or the reason why it cannot be split."""
    try:
        row = next(csv.reader([line.decode()], delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        return NOT_UTF8
    except csv.Error as error:
        return f"unparsable: {error}"
    return row if len(row) == width else describe_width(width, len(row))
