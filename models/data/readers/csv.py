"""Read CSV and TSV files as columns of texts, exactly as written: the ID "007" stays "007"."""

import codecs
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from models.contract.arrays import Indices
from models.data.readers.column_plan import ColumnPlan
from models.data.readers.csv_format import (
    Rejects,
    build_conversion,
    code,
    describe_width,
)
from models.data.readers.csv_lines import stream_lines
from models.data.readers.table import Table, UnreadableRows, place_rows
from models.data.readers.text_file import TextFile

CHUNK = 1 << 20
"""Bytes read at once by the check of a file."""
BLOCK = 1 << 23
"""Bytes of a file that become one table."""


def stream_delimited(file: TextFile, plan: ColumnPlan) -> Iterator[Table]:
    """Yield the columns of a file with a header, some megabytes at once.

    Rows with too many or too few cells are rejected. A file with an unclosed quote, or with bytes that are not
    UTF-8, is read line by line, so that only the invalid lines are lost; a quoted cell then cannot span lines.
    """
    if _is_regular(file, plan.columns):
        return _stream_rows(file, plan.columns, plan.coded)
    return stream_lines(file, plan.columns, plan.coded)


def _is_regular(file: TextFile, columns: Sequence[str]) -> bool:
    """True if Arrow can split the file into rows.

    Without quotes, a check of the bytes is enough. With quotes, a first pass finds rows of another width that span
    lines, which an unclosed quote causes.
    """
    quotes, is_plain = _scan_bytes(file)
    if quotes % 2:
        return False
    return (is_plain and not quotes) or _can_split(file, columns)


def _scan_bytes(file: TextFile) -> tuple[int, bool]:
    """The number of quotes, and True if all bytes are UTF-8 in lines shorter than CHUNK."""
    quotes, is_plain = 0, True
    decoder = codecs.getincrementaldecoder("utf-8")()
    with file.open() as stream:
        while chunk := stream.read(CHUNK):
            quotes += chunk.count(b'"')
            is_plain = is_plain and (len(chunk) < CHUNK or b"\n" in chunk) and _can_decode(decoder, chunk)
    return quotes, is_plain and _can_decode(decoder, b"", final=True)


def _can_decode(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True


def _can_split(file: TextFile, columns: Sequence[str]) -> bool:
    """True if no row of another width spans lines."""
    rejects: Rejects = []
    try:
        with _open(file, columns, (), rejects) as reader:
            for _ in reader:
                if any("\n" in text for _number, _reason, text in rejects):
                    return False
                rejects.clear()
    except pa.ArrowInvalid:
        return False
    return not any("\n" in text for _number, _reason, text in rejects)


def _open(
    file: TextFile, columns: Sequence[str], coded: Collection[str], rejects: Rejects
) -> arrow_csv.CSVStreamingReader:
    """A reader of the file's batches that adds each row of another width to `rejects`, before its batch."""

    def note(row: arrow_csv.InvalidRow) -> str:
        rejects.append((row.number, describe_width(row.expected_columns, row.actual_columns), row.text))
        return "skip"

    return arrow_csv.open_csv(
        file.path if file.is_utf8 else file.open(),
        read_options=arrow_csv.ReadOptions(
            use_threads=False, block_size=BLOCK
        ),  # rows are numbered only without threads
        parse_options=arrow_csv.ParseOptions(
            delimiter=file.delimiter, newlines_in_values=True, invalid_row_handler=note
        ),
        convert_options=build_conversion(columns, coded),
    )


def _stream_rows(file: TextFile, columns: Sequence[str], coded: Collection[str]) -> Iterator[Table]:
    rejects: Rejects = []
    next_number = 2  # after the header
    with _open(file, columns, coded, rejects) as reader:
        for batch in reader:
            numbers = _number_rows(next_number, batch.num_rows, rejects)
            next_number = int(numbers[-1]) + 1 if len(numbers) else next_number
            count = bisect_left(rejects, (next_number,))
            table = Table(
                {name: batch.column(name) for name in columns},
                place_rows(file.name, numbers),
                UnreadableRows.of(file.name, rejects[:count]),
            )
            del rejects[:count]
            yield table
    if rejects:  # after the last batch
        empty = {name: code(pa.array([], pa.string()), name in coded) for name in columns}
        yield Table(empty, place_rows(file.name, ()), UnreadableRows.of(file.name, rejects))


def _number_rows(next_number: int, count: int, rejects: Rejects) -> Indices:
    """The numbers of the next `count` rows, from `next_number` on, without rejected rows."""
    candidates = np.arange(next_number, next_number + count + len(rejects), dtype=np.int64)
    return np.setdiff1d(candidates, [number for number, _, _ in rejects], assume_unique=True)[:count]
