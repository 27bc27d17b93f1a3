"""JSON Lines files -> columns of texts, or of lists."""

import codecs
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa

from models.data.readers.table import Reject, Table


def read_json_lines(path: Path, columns: Sequence[str], lists: Collection[str]) -> tuple[Table, set[str]]:
    """The columns of a file with one JSON object a line, and every key that any line has.

    Lines that are no object are rejected. Numbers become texts ("42" for 42 and for 42.0), as in a CSV file.
    A key that a line lacks is an empty cell. Columns in `lists` may hold lists; elsewhere one is JSON text.
    """
    cells: list[list[object]] = [[] for _ in columns]
    numbers, rejects = [], []
    keys: set[str] = set()
    with path.open("rb") as stream:
        for number, whole in enumerate(stream, start=1):
            line = whole.removeprefix(codecs.BOM_UTF8) if number == 1 else whole
            if not line.strip():
                continue
            row = _parsed(line)
            if isinstance(row, str):
                text = line.decode(errors="replace").rstrip("\r\n")
                rejects.append(Reject(path.name, number, row, text))
                continue
            keys.update(row)
            numbers.append(number)
            for column, name in zip(cells, columns, strict=True):
                column.append(row.get(name))
    found = {name: _column(values, name in lists) for name, values in zip(columns, cells, strict=True)}
    return Table(path.name, found, np.array(numbers, dtype=np.int64), tuple(rejects)), keys


def _parsed(line: bytes) -> dict[str, object] | str:
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
    texts = [[text for one in cell if (text := _text(one)) is not None] for cell in cells]
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
