"""The format of CSV and TSV files: header, and how cells become columns of texts."""

import csv
from collections.abc import Collection, Mapping, Sequence
from typing import IO

import pyarrow as pa
from pyarrow import csv as arrow_csv

from models.data.readers.text_file import PROPOSED, EncodingError, HeaderError, TextFile, propose_encoding

DELIMITERS = (",", "\t", ";", "|")
"""Common delimiters, to recognise a file whose delimiter does not match its name."""
CODED = pa.dictionary(pa.int32(), pa.string())
HEADER_BYTES = 1 << 22
"""The longest header."""
LONGEST_CELL = (1 << 31) - 1

Rejects = list[tuple[int, str, str]]
"""(row number, reason, text) of rows that cannot be split into cells."""

csv.field_size_limit(LONGEST_CELL)  # the default, 131,072 characters, is shorter than some texts


def read_header(file: TextFile) -> list[str]:
    """The column names; empty for an empty file. Raises HeaderError for a header that cannot be read."""
    with file.open() as stream:
        head = _read_head(file, stream)
    if b"\r" in head.replace(b"\r\n", b"\n").rstrip(b"\r"):
        raise HeaderError(
            f"expected lines that end in LF or CR LF in {file.name}, given CR alone: save the file with other line ends"
        )
    return _split_header(file, head)


def split_line(file: TextFile, names: Sequence[str], line: str) -> Mapping[str, str | None]:
    """Column -> cell of a line that has another number of cells than the header; {} if it cannot be split."""
    try:
        cells = next(csv.reader([line], delimiter=file.delimiter), [])
    except csv.Error:
        return {}
    return {name: cell or None for name, cell in zip(names, cells, strict=False)}


def _read_head(file: TextFile, stream: IO[bytes]) -> bytes:
    """The first line that is not blank, with the lines that its quoted names span."""
    head = stream.readline(HEADER_BYTES)
    while head and not head.strip():
        head = stream.readline(HEADER_BYTES)
    while head.count(b'"') % 2 and len(head) < HEADER_BYTES and (line := stream.readline(HEADER_BYTES)):
        head += line
    if len(head) >= HEADER_BYTES:
        raise HeaderError(f"expected a header of less than {HEADER_BYTES:,} bytes in {file.name}, given more")
    return head


def _split_header(file: TextFile, head: bytes) -> list[str]:
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EncodingError(describe_encoding(file, head)) from error
    try:
        return next(csv.reader([text], delimiter=file.delimiter, strict=True), [])
    except csv.Error as error:
        raise HeaderError(
            f"expected a header with closed quotes in {file.name}, given {text[:60]!r} ({error})"
        ) from error


def describe_encoding(file: TextFile, head: bytes) -> str:
    """The message for bytes that are not UTF-8, with the encoding to try."""
    proposed = propose_encoding(head)
    hint = f"such as {PROPOSED[0]}" if proposed is None else proposed
    shown = "" if proposed is None else f", which reads {head.decode(proposed)[:60].strip()!r}"
    return (
        f"expected UTF-8 in {file.name}, given other bytes; the key `encoding` names another, {hint}{shown}"
    )


def build_conversion(columns: Sequence[str], coded: Collection[str]) -> arrow_csv.ConvertOptions:
    """Arrow's options to read `columns` as texts, null if empty; those in `coded` as dictionaries."""
    return arrow_csv.ConvertOptions(
        column_types={name: CODED if name in coded else pa.string() for name in columns},
        include_columns=list(columns),
        null_values=[""],
        strings_can_be_null=True,
    )


def code(column: pa.Array, coded: bool) -> pa.Array:
    """The column, as a dictionary if `coded`."""
    return column.dictionary_encode() if coded else column


def describe_width(expected: int, given: int) -> str:
    """The reason of a row with another number of cells."""
    return f"unparsable: expected {expected} cells, given {given}"
