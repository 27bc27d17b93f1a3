"""The formats of table files. A new one is one file in this folder and one entry in FORMATS."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from models.data.readers import csv, csv_format, jsonlines, parquet
from models.data.readers.column_plan import ColumnPlan
from models.data.readers.table import Table
from models.data.readers.text_file import TextFile


class FileFormat(NamedTuple):
    """How files of one format are read."""

    name: str  # for messages
    suffixes: tuple[str, ...]
    is_text: bool
    read_names: Callable[[TextFile], list[str] | None]
    """The file's columns; None if only the rows name them."""
    read_plain_names: Callable[[TextFile], list[str]]
    """The columns of texts, numbers and times, without lists; of JSON Lines those of the first block."""
    stream: Callable[[TextFile, ColumnPlan], Iterator[Table]]
    """Yield the planned columns in tables of some megabytes."""
    split_line: Callable[[TextFile, Sequence[str], str], Mapping[str, str | None]]
    """The readable cells of a line that is no row of the table."""


FORMATS = (
    FileFormat(
        "CSV",
        (".csv", ".tsv", ".csv.gz", ".tsv.gz"),
        True,
        csv_format.read_header,
        csv_format.read_header,
        csv.stream_delimited,
        csv_format.split_line,
    ),
    FileFormat(
        "JSON Lines",
        (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz"),
        True,
        lambda _file: None,
        jsonlines.read_plain_names,
        jsonlines.stream_json_lines,
        jsonlines.split_line,
    ),
    FileFormat(
        "Parquet",
        (".parquet",),
        False,
        parquet.read_names,
        parquet.read_plain_names,
        parquet.stream_parquet,
        lambda *_: {},
    ),
)
SUFFIXES = tuple(suffix for file_format in FORMATS for suffix in file_format.suffixes)


def find_format(path: Path) -> FileFormat:
    """The format of a file by the end of its name, in any case. Raises ValueError for another end."""
    name = path.name.lower()
    for file_format in FORMATS:
        if name.endswith(file_format.suffixes):
            return file_format
    raise ValueError(f"expected a file that ends in {', '.join(SUFFIXES)}, given {path.name!r}")
