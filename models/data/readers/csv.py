"""CSV and TSV files -> columns of texts, exactly as written: an ID "007" stays "007"."""

import csv
import gzip
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, cast

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from models.data.readers.table import Reject, Table

CHUNK = 1 << 20
DELIMITERS = (",", "\t", ";", "|")
"""What others part cells with, to tell what a file was meant to be."""


class UnbalancedError(Exception):
    """A quote that nothing closes: reading on would swallow the rows after it."""


def header(path: Path) -> list[str]:
    """The column names; empty for an empty file."""
    with opened(path) as stream:
        lines = (line.decode("utf-8-sig", errors="replace") for line in stream)
        return next((row for row in csv.reader(lines, delimiter=delimiter(path)) if row), [])


def read_delimited(path: Path, columns: Sequence[str]) -> Table:
    """The columns of a file with a header. Rows with too many or too few cells are rejected.

    A file with an odd number of quotes, or with bytes that are not UTF-8, is read line by line instead, so
    that only the lines at fault are lost (there, a quoted cell cannot span lines).
    """
    try:
        _check_quotes(path)
        return _read_whole(path, columns)
    except (UnbalancedError, pa.ArrowInvalid):
        return _read_lines(path, columns)


def _read_whole(path: Path, columns: Sequence[str]) -> Table:
    rejects: list[Reject] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        if "\n" in row.text:
            raise UnbalancedError
        rejects.append(
            Reject(path.name, row.number, _cells(row.expected_columns, row.actual_columns), row.text)
        )
        return "skip"

    table = arrow_csv.read_csv(
        path,
        read_options=arrow_csv.ReadOptions(use_threads=False),  # only then are row numbers known
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter(path), newlines_in_values=True, invalid_row_handler=note
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in columns},
            include_columns=list(columns),
            null_values=[""],
            strings_can_be_null=True,
        ),
    )
    numbers = np.setdiff1d(
        np.arange(2, table.num_rows + len(rejects) + 2), [reject.row for reject in rejects]
    )
    found = {name: table.column(name).combine_chunks() for name in columns}
    return Table(path.name, found, numbers.astype(np.int64), tuple(rejects))


def _read_lines(path: Path, columns: Sequence[str]) -> Table:
    names = header(path)
    places = [names.index(name) for name in columns]
    cells: list[list[str | None]] = [[] for _ in columns]
    numbers, rejects = [], []
    with opened(path) as stream:
        lines = (line for line in stream if line.strip(b"\r\n"))
        next(lines)  # the header
        for number, line in enumerate(lines, start=2):
            row = _parted(line, delimiter(path), len(names))
            if isinstance(row, str):
                text = line.decode(errors="replace").rstrip("\r\n")
                rejects.append(Reject(path.name, number, row, text))
                continue
            numbers.append(number)
            for column, place in zip(cells, places, strict=True):
                column.append(row[place] or None)
    found = {name: pa.array(column, pa.string()) for name, column in zip(columns, cells, strict=True)}
    return Table(path.name, found, np.array(numbers, dtype=np.int64), tuple(rejects))


def _parted(line: bytes, delimiter: str, width: int) -> list[str] | str:
    """A line's cells, or why it has none."""
    try:
        row = next(csv.reader([line.decode()], delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        return "unparsable: expected UTF-8"
    except csv.Error as error:
        return f"unparsable: {error}"
    return row if len(row) == width else _cells(width, len(row))


def _cells(expected: int, given: int) -> str:
    return f"unparsable: expected {expected} cells, given {given}"


def _check_quotes(path: Path) -> None:
    with opened(path) as stream:
        chunks: Iterator[bytes] = iter(lambda: stream.read(CHUNK), b"")
        if sum(chunk.count(b'"') for chunk in chunks) % 2:
            raise UnbalancedError


def delimiter(path: Path) -> str:
    """What parts the cells, by the file's name."""
    return "\t" if path.name.lower().endswith((".tsv", ".tsv.gz")) else ","


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, of a .gz file what was packed into it."""
    return cast(IO[bytes], gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")
