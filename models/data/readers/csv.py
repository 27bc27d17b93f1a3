"""CSV and TSV files -> columns of texts, exactly as written: an ID "007" stays "007"."""

import codecs
import csv
import gzip
import io
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import IO, cast

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from models.contract.arrays import Indices
from models.data.readers.table import NOT_UTF8, Table, UnreadableRows, join, unreadable

CHUNK = 1 << 20
"""Bytes read at once where a file is only looked through."""
BLOCK = 1 << 23
"""Bytes of a file that become one table."""
LINES = 1 << 17
"""Lines of a file that become one table, where it is read line by line."""
DELIMITERS = (",", "\t", ";", "|")
"""What others part cells with, to tell what a file was meant to be."""
CODED = pa.dictionary(pa.int32(), pa.string())

Rejects = list[tuple[int, str, str]]
"""(row number, reason, text) of rows that cannot be split into cells."""


def header(path: Path) -> list[str]:
    """The column names; empty for an empty file."""
    with opened(path) as stream:
        lines = (line.decode("utf-8-sig", errors="replace") for line in stream)
        return next((row for row in csv.reader(lines, delimiter=delimiter(path)) if row), [])


def stream_delimited(path: Path, columns: Sequence[str], coded: Collection[str] = ()) -> Iterator[Table]:
    """The columns of a file with a header, some megabytes at a time; those in `coded` as dictionaries.

    Rows with too many or too few cells are rejected. A file with an odd number of quotes, or with bytes that are
    not UTF-8, is read line by line instead, so that only the lines at fault are lost (there, a quoted cell cannot
    span lines).
    """
    if _is_regular(path, columns):
        return _stream_rows(path, columns, coded)
    return _stream_lines(path, columns, coded)


def _is_regular(path: Path, columns: Sequence[str]) -> bool:
    """True where Arrow splits every row as its writer meant it.

    A look at the bytes is enough where there are no quotes; else a first pass tells whether a row of the wrong
    width spans lines, which an unclosed quote causes.
    """
    quotes, plain = _look_through(path)
    if quotes % 2:
        return False
    return (plain and not quotes) or _splits(path, columns)


def _look_through(path: Path) -> tuple[int, bool]:
    """The number of quotes, and whether all bytes are UTF-8 in lines shorter than CHUNK."""
    quotes, plain = 0, True
    decoder = codecs.getincrementaldecoder("utf-8")()
    with opened(path) as stream:
        while chunk := stream.read(CHUNK):
            quotes += chunk.count(b'"')
            plain = plain and (len(chunk) < CHUNK or b"\n" in chunk) and _decodes(decoder, chunk)
    return quotes, plain and _decodes(decoder, b"", final=True)


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _splits(path: Path, columns: Sequence[str]) -> bool:
    rejects: Rejects = []
    try:
        with _open(path, columns, (), rejects) as reader:
            for _ in reader:
                if any("\n" in text for _number, _reason, text in rejects):
                    return False
                rejects.clear()
    except pa.ArrowInvalid:
        return False
    return not any("\n" in text for _number, _reason, text in rejects)


def _open(
    path: Path, columns: Sequence[str], coded: Collection[str], rejects: Rejects
) -> arrow_csv.CSVStreamingReader:
    """A reader of the file's batches that adds each row of another width to `rejects`, ahead of the batch."""

    def note(row: arrow_csv.InvalidRow) -> str:
        rejects.append((row.number, _width(row.expected_columns, row.actual_columns), row.text))
        return "skip"

    return arrow_csv.open_csv(
        path,
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK),  # only so are rows numbered
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter(path), newlines_in_values=True, invalid_row_handler=note
        ),
        convert_options=_conversion(columns, coded),
    )


def _conversion(columns: Sequence[str], coded: Collection[str]) -> arrow_csv.ConvertOptions:
    return arrow_csv.ConvertOptions(
        column_types={name: CODED if name in coded else pa.string() for name in columns},
        include_columns=list(columns),
        null_values=[""],
        strings_can_be_null=True,
    )


def _stream_rows(path: Path, columns: Sequence[str], coded: Collection[str]) -> Iterator[Table]:
    rejects: Rejects = []
    following = 2
    with _open(path, columns, coded, rejects) as reader:
        for batch in reader:
            numbers = _numbers(following, batch.num_rows, rejects)
            following = int(numbers[-1]) + 1 if len(numbers) else following
            passed = bisect_left(rejects, (following,))
            table = Table(
                path.name,
                {name: batch.column(name) for name in columns},
                numbers,
                unreadable(path.name, rejects[:passed]),
            )
            del rejects[:passed]
            yield table
    if rejects:
        empty = {name: _code(pa.array([], pa.string()), name in coded) for name in columns}
        yield Table(path.name, empty, np.zeros(0, dtype=np.int64), unreadable(path.name, rejects))


def _numbers(following: int, count: int, rejects: Rejects) -> Indices:
    """The numbers of the next `count` rows, from `following` on, that are not rejected."""
    candidates = np.arange(following, following + count + len(rejects), dtype=np.int64)
    return np.setdiff1d(candidates, [number for number, _, _ in rejects], assume_unique=True)[:count]


def _stream_lines(path: Path, columns: Sequence[str], coded: Collection[str]) -> Iterator[Table]:
    names = header(path)
    with opened(path) as stream:
        lines = (line for line in stream if line.strip(b"\r\n"))
        next(lines)  # the header
        first = 2
        while block := list(islice(lines, LINES)):
            table = _split_block(_Layout(path, tuple(names), tuple(columns)), block, first)
            yield replace(table, columns={n: _code(c, n in coded) for n, c in table.columns.items()})
            first += len(block)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How a file's lines are split, and which of its cells are wanted."""

    path: Path
    names: tuple[str, ...]
    columns: tuple[str, ...]


def _split_block(layout: _Layout, block: Sequence[bytes], first: int) -> Table:
    """The lines as a table, `first` being the first one's number. Lines without quotes are split by Arrow."""
    plain = [number for number, line in enumerate(block, start=first) if b'"' not in line]
    fast = _split_plain(layout, [block[number - first] for number in plain], np.array(plain, dtype=np.int64))
    if fast is None:
        return _split_each(layout, enumerate(block, start=first))
    if len(plain) == len(block):
        return fast
    slow = _split_each(layout, ((n, line) for n, line in enumerate(block, start=first) if b'"' in line))
    both = join([fast, slow])
    order = np.argsort(both.numbers)
    return replace(both.take(order), rejected=_sorted(both.rejected))


def _split_plain(layout: _Layout, lines: Sequence[bytes], numbers: Indices) -> Table | None:
    """Lines without quotes as a table; None where one is not UTF-8 or holds a lone carriage return."""
    text = b"".join(lines)
    if text.count(b"\r") != text.count(b"\r\n"):
        return None
    rejects: Rejects = []

    def note(row: arrow_csv.InvalidRow) -> str:
        reason = _width(row.expected_columns, row.actual_columns)
        rejects.append((int(numbers[row.number - 1]), reason, row.text))
        return "skip"

    try:
        table = arrow_csv.read_csv(
            io.BytesIO(text),
            arrow_csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=list(layout.names)
            ),
            arrow_csv.ParseOptions(
                delimiter=delimiter(layout.path), quote_char=False, invalid_row_handler=note
            ),
            _conversion(layout.columns, ()),
        )
    except pa.ArrowInvalid:
        return None
    kept = np.setdiff1d(numbers, [number for number, _, _ in rejects], assume_unique=True)
    columns = {name: table.column(name).combine_chunks() for name in layout.columns}
    return Table(layout.path.name, columns, kept, unreadable(layout.path.name, rejects))


def _split_each(layout: _Layout, lines: Iterable[tuple[int, bytes]]) -> Table:
    """Numbered lines as a table, split one by one."""
    indices = [layout.names.index(name) for name in layout.columns]
    cells: list[list[str | None]] = [[] for _ in layout.columns]
    numbers: list[int] = []
    rejects: Rejects = []
    for number, line in lines:
        row = _split(line, delimiter(layout.path), len(layout.names))
        if isinstance(row, str):
            rejects.append((number, row, line.decode(errors="replace").rstrip("\r\n")))
            continue
        numbers.append(number)
        for column, index in zip(cells, indices, strict=True):
            column.append(row[index] or None)
    columns = {
        name: pa.array(column, pa.string()) for name, column in zip(layout.columns, cells, strict=True)
    }
    name = layout.path.name
    return Table(name, columns, np.array(numbers, dtype=np.int64), unreadable(name, rejects))


def _sorted(rows: UnreadableRows) -> UnreadableRows:
    order = np.argsort(rows.numbers)
    indices = pa.array(order)
    return UnreadableRows(
        rows.file, rows.numbers[order], rows.reasons.take(indices), rows.lines.take(indices)
    )


def _code(column: pa.Array, coded: bool) -> pa.Array:
    return column.dictionary_encode() if coded else column


def _split(line: bytes, delimiter: str, width: int) -> list[str] | str:
    """A line's cells, or why it cannot be split."""
    try:
        row = next(csv.reader([line.decode()], delimiter=delimiter, strict=True))
    except UnicodeDecodeError:
        return NOT_UTF8
    except csv.Error as error:
        return f"unparsable: {error}"
    return row if len(row) == width else _width(width, len(row))


def _width(expected: int, given: int) -> str:
    return f"unparsable: expected {expected} cells, given {given}"


def delimiter(path: Path) -> str:
    """The character between cells, by the file's name."""
    return "\t" if path.name.lower().endswith((".tsv", ".tsv.gz")) else ","


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, those of a .gz file unpacked."""
    return cast(IO[bytes], gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")
