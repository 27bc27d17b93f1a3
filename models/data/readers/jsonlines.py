"""JSON Lines files -> columns of texts, or of lists."""

import codecs
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from models.data.readers.table import NOT_UTF8, Table, unreadable

LINES = 1 << 16
"""Lines of a file that become one table."""
SHOWN = 40
"""Bytes of a line that a message repeats."""


@dataclass(frozen=True, slots=True)
class JsonColumns:
    """The columns of a file, and how their values are read."""

    names: tuple[str, ...]
    lists: frozenset[str] = frozenset()  # may hold lists; elsewhere a list is JSON text
    coded: frozenset[str] = frozenset()  # become dictionaries
    scalars: frozenset[str] = frozenset()  # must be a text or a number, or be missing


def stream_json_lines(path: Path, columns: JsonColumns, keys: set[str]) -> Iterator[Table]:
    """The columns of a file with one JSON object a line; every key that a line has is added to `keys`.

    Lines that are no object are rejected. Numbers become texts ("42" for 42 and for 42.0), as in a CSV file.
    A key that a line lacks is an empty cell.
    """
    with path.open("rb") as stream:
        lines = enumerate(stream, start=1)
        while block := list(islice(lines, LINES)):
            yield _table(path.name, block, columns, keys)


def _table(file: str, block: Sequence[tuple[int, bytes]], columns: JsonColumns, keys: set[str]) -> Table:
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
            row = _fault(row, columns.scalars) or row
        if isinstance(row, str):
            rejects.append((number, row, line.decode(errors="replace").rstrip("\r\n")))
            continue
        numbers.append(number)
        for column, name in zip(cells, columns.names, strict=True):
            column.append(row.get(name))
    arrays = {
        name: _column(values, name in columns.lists)
        for name, values in zip(columns.names, cells, strict=True)
    }
    arrays |= {name: arrays[name].dictionary_encode() for name in arrays if name in columns.coded}
    return Table(file, arrays, np.array(numbers, dtype=np.int64), unreadable(file, rejects))


def parse_object(line: bytes) -> dict[str, object] | str:
    """A line's object, or why it has none."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"unparsable: expected JSON, given {error}" if _is_utf8(line) else NOT_UTF8
    if not isinstance(row, dict):
        return f"unparsable: expected an object, given {line[:SHOWN].decode(errors='replace').strip()!r}"
    return row


def scalar_text(value: object) -> str | None:
    """A text, or a number as a text; None for any other value."""
    return _text(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _fault(row: Mapping[str, object], scalars: Collection[str]) -> str | None:
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


def _column(values: Sequence[object], lists: bool) -> pa.Array:
    if not lists or not any(isinstance(value, list) for value in values):
        return pa.array([_text(value) for value in values], pa.string())
    cells = [value if isinstance(value, list) else [value] for value in values]
    texts = [[text for value in cell if (text := _text(value)) is not None] for cell in cells]
    return pa.array(texts, pa.list_(pa.string()))


def _text(value: object) -> str | None:
    """A scalar as a CSV file would hold it; anything deeper as JSON."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return orjson.dumps(value).decode()
