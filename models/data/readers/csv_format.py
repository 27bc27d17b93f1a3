"""The format of CSV and TSV files: delimiter, header, and how cells become columns of texts."""

import csv
import gzip
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import IO, cast

import pyarrow as pa
from pyarrow import csv as arrow_csv

DELIMITERS = (",", "\t", ";", "|")
"""Common delimiters, to recognise a file whose delimiter does not match its name."""
CODED = pa.dictionary(pa.int32(), pa.string())

Rejects = list[tuple[int, str, str]]
"""(row number, reason, text) of rows that cannot be split into cells."""


def delimiter(path: Path) -> str:
    """The character between cells: a tab for a .tsv file, else a comma."""
    return "\t" if path.name.lower().endswith((".tsv", ".tsv.gz")) else ","


def open_file(path: Path) -> IO[bytes]:
    """Open a file for reading bytes; a .gz file is decompressed."""
    return cast(IO[bytes], gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


def read_header(path: Path) -> list[str]:
    """The column names; empty for an empty file."""
    with open_file(path) as stream:
        lines = (line.decode("utf-8-sig", errors="replace") for line in stream)
        return next((row for row in csv.reader(lines, delimiter=delimiter(path)) if row), [])


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
