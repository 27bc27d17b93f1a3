"""Read JSON Lines files as columns of texts, or of lists."""

import codecs
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from models.data.readers.table import NOT_UTF8, Table, UnreadableRows

LINES = 1 << 16
"""Lines of a file that become one table."""
QUOTED_BYTES = 40
"""The most bytes of a line in a message."""


@dataclass(frozen=True, slots=True)
class JsonColumns:
    """The columns of a file, and how their values are read."""

    names: tuple[str, ...]
    lists: frozenset[str] = frozenset()  # columns with lists; in others a list becomes JSON text
    coded: frozenset[str] = frozenset()  # columns that become dictionaries
    scalars: frozenset[str] = frozenset()  # columns of texts and numbers; other values are rejected


def stream_json_lines(path: Path, columns: JsonColumns, keys: set[str]) -> Iterator[Table]:
    """Yield the columns of a file with a JSON object per line; every key of a line is added to `keys`.

    Lines without an object are rejected. Numbers become texts ("42" for 42 and for 42.0), as in a CSV file. A missing
    key is an empty cell.
    """
    with path.open("rb") as stream:
        lines = enumerate(stream, start=1)
        while block := list(islice(lines, LINES)):
            yield _build_table(path.name, block, columns, keys)


def _build_table(
    file: str, block: Sequence[tuple[int, bytes]], columns: JsonColumns, keys: set[str]
) -> Table:
    cells: list[list[object]] = [[] for _ in columns.names]
    numbers: list[int] = []
    rejects: list[tuple[int, str, str]] = []
    for number, whole in block:
        line = whole.removeprefix(codecs.BOM_UTF8) if number == 1 else whole
        if not line.strip():
            continue
        row = parse_object(line)
        if not isinstance(row, str):
            keys.update(row)
            row = _find_fault(row, columns.scalars) or row
        if isinstance(row, str):
            rejects.append((number, row, line.decode(errors="replace").rstrip("\r\n")))
            continue
        numbers.append(number)
        for column, name in zip(cells, columns.names, strict=True):
            column.append(row.get(name))
    arrays = {
        name: _build_column(values, name in columns.lists)
        for name, values in zip(columns.names, cells, strict=True)
    }
    arrays |= {name: arrays[name].dictionary_encode() for name in arrays if name in columns.coded}
    return Table(file, arrays, np.array(numbers, dtype=np.int64), UnreadableRows.of(file, rejects))


def parse_object(line: bytes) -> dict[str, object] | str:
    """The object of a line, or the reason why it has none."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"unparsable: expected JSON, given {error}" if _is_utf8(line) else NOT_UTF8
    if not isinstance(row, dict):
        return (
            f"unparsable: expected an object, given {line[:QUOTED_BYTES].decode(errors='replace').strip()!r}"
        )
    return row


def format_scalar(value: object) -> str | None:
    """The text of a string or a number; None for any other value."""
    return (
        _format_text(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None
    )


def _find_fault(row: Mapping[str, object], scalars: Collection[str]) -> str | None:
    """The reason why a row is rejected: a list, object or boolean in a column of scalars; None if there is none."""
    for name in scalars:
        value = row.get(name)
        if not isinstance(value, str | int | float | None) or isinstance(value, bool):
            return f"unparsable: expected text or a number as {name}, given {type(value).__name__}"
    return None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _build_column(values: Sequence[object], lists: bool) -> pa.Array:
    """A column of texts; of lists of texts if it may have lists and has one."""
    if not lists or not any(isinstance(value, list) for value in values):
        return pa.array([_format_text(value) for value in values], pa.string())
    cells = [value if isinstance(value, list) else [value] for value in values]
    texts = [[text for value in cell if (text := _format_text(value)) is not None] for cell in cells]
    return pa.array(texts, pa.list_(pa.string()))


def _format_text(value: object) -> str | None:
    """The text of a scalar as in a CSV file; None for an empty value; JSON for lists and objects."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()
