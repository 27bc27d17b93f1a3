"""JSON Lines files -> columns of texts, or of lists."""

import codecs
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from models.data.readers.table import Table, unreadable

LINES = 1 << 16
"""Lines of a file that become one table."""


def stream_json_lines(
    path: Path,
    columns: Sequence[str],
    keys: set[str],
    lists: Collection[str] = (),
    coded: Collection[str] = (),
) -> Iterator[Table]:
    """The columns of a file with one JSON object a line; every key that a line has is added to `keys`.

    Lines that are no object are rejected. Numbers become texts ("42" for 42 and for 42.0), as in a CSV file.
    A key that a line lacks is an empty cell. Columns in `lists` may hold lists; elsewhere a list is JSON text.
    Columns in `coded` are dictionaries.
    """
    with path.open("rb") as stream:
        lines = enumerate(stream, start=1)
        while block := list(islice(lines, LINES)):
            yield _table(path, block, columns, keys, lists, coded)


def _table(
    path: Path,
    block: Sequence[tuple[int, bytes]],
    columns: Sequence[str],
    keys: set[str],
    lists: Collection[str],
    coded: Collection[str],
) -> Table:
    cells: list[list[object]] = [[] for _ in columns]
    numbers: list[int] = []
    rejects: list[tuple[int, str, str]] = []
    for number, whole in block:
        line = whole.removeprefix(codecs.BOM_UTF8) if number == 1 else whole
        if not line.strip():
            continue
        row = _parse(line)
        if isinstance(row, str):
            rejects.append((number, row, line.decode(errors="replace").rstrip("\r\n")))
            continue
        keys.update(row)
        numbers.append(number)
        for column, name in zip(cells, columns, strict=True):
            column.append(row.get(name))
    arrays = {name: _column(values, name in lists) for name, values in zip(columns, cells, strict=True)}
    arrays |= {name: arrays[name].dictionary_encode() for name in arrays if name in coded}
    return Table(path.name, arrays, np.array(numbers, dtype=np.int64), unreadable(path.name, rejects))


def _parse(line: bytes) -> dict[str, object] | str:
    """A line's object, or why it has none."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"unparsable: {error}"
    return row if isinstance(row, dict) else "unparsable: expected a JSON object"


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
