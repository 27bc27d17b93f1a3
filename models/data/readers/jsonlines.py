"""Read JSON Lines files as columns of texts, or of lists."""

import codecs
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import orjson
import pyarrow as pa

from models.data.readers.column_plan import ColumnPlan
from models.data.readers.parsing import EXACT
from models.data.readers.table import NOT_UTF8, Table, UnreadableRows, place_rows
from models.data.readers.text_file import HeaderError, TextFile

LINES = 1 << 16
"""Lines of a file that become one table."""
QUOTED_BYTES = 40
"""The most bytes of a line in a message."""


def stream_json_lines(file: TextFile, plan: ColumnPlan) -> Iterator[Table]:
    """Yield the columns of a file with a JSON object per line; every key of a line is added to `plan.names`.

    Lines without an object are rejected. Numbers become texts ("42" for 42 and for 42.0), as in a CSV file. A missing
    key is an empty cell.
    """
    with file.open() as stream:
        lines = enumerate(_check_lines(file, stream), start=1)
        while block := list(islice(lines, LINES)):
            yield _build_table(file.name, block, plan)


def _check_lines(file: TextFile, lines: Iterable[bytes]) -> Iterator[bytes]:
    """The same lines. Raises HeaderError for a file that is one JSON array."""
    is_first = True
    for line in lines:
        head = line.removeprefix(codecs.BOM_UTF8).strip()
        if is_first and (head == b"[" or head.startswith(b"[{")):
            raise HeaderError(f"expected one object a line in {file.name}, given a JSON array")
        is_first = is_first and not head
        yield line


def read_plain_names(file: TextFile) -> list[str]:
    """The keys of the first LINES lines, in the order of their names."""
    plan = ColumnPlan({})
    next(stream_json_lines(file, plan), None)
    return sorted(plan.names)


def split_line(_file: TextFile, _names: Sequence[str], line: str) -> Mapping[str, str | None]:
    """Column -> text of a line's texts and numbers; {} if it holds no object."""
    row = parse_object(line.encode())
    return {} if isinstance(row, str) else {name: format_scalar(value) for name, value in row.items()}


def _build_table(file: str, block: Sequence[tuple[int, bytes]], plan: ColumnPlan) -> Table:
    names = plan.columns
    cells: list[list[object]] = [[] for _ in names]
    numbers: list[int] = []
    rejects: list[tuple[int, str, str]] = []
    for number, whole in block:
        line = whole.removeprefix(codecs.BOM_UTF8) if number == 1 else whole
        if not line.strip():
            continue
        row = parse_object(line)
        if not isinstance(row, str):
            plan.names.update(row)
            row = _find_fault(row, plan) or row
        if isinstance(row, str):
            rejects.append((number, row, line.decode(errors="replace").rstrip("\r\n")))
            continue
        numbers.append(number)
        for column, name in zip(cells, names, strict=True):
            column.append(row.get(name))
    arrays = {
        name: _build_column(values, name in plan.lists) for name, values in zip(names, cells, strict=True)
    }
    arrays |= {name: arrays[name].dictionary_encode() for name in arrays if name in plan.coded}
    return Table(arrays, place_rows(file, numbers), UnreadableRows.of(file, rejects))


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


def _find_fault(row: Mapping[str, object], plan: ColumnPlan) -> str | None:
    """The reason why a row is rejected: another value in a column of scalars, or an id that is not exact."""
    for name in plan.scalars:
        value = row.get(name)
        if not isinstance(value, str | int | float | None) or isinstance(value, bool):
            return f"unparsable: expected text or a number as {name}, given {type(value).__name__}"
    for name in plan.ids:
        if reason := _find_id_fault(row.get(name), name, plan):
            return reason
    return None


def _find_id_fault(value: object, name: str, plan: ColumnPlan) -> str | None:
    """The reason why a value is no id, or no list of ids where the column has lists."""
    may_be_list = name in plan.id_lists
    for cell in value if may_be_list and isinstance(value, list) else (value,):
        if isinstance(cell, float) and abs(cell) >= EXACT:
            return f"unparsable: expected an exact id as {name}, given the float {cell}"
        if may_be_list and (not isinstance(cell, str | int | float | None) or isinstance(cell, bool)):
            return f"unparsable: expected a list of ids as {name}, given {type(cell).__name__}"
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
    return pa.array([_format_list(value) for value in values], pa.list_(pa.string()))


def _format_list(value: object) -> list[str | None]:
    """The texts of a list, None for an empty element; another value is a list of one, and an empty one of none."""
    if isinstance(value, list):
        return [_format_text(cell) for cell in value]
    text = _format_text(value)
    return [] if text is None else [text]


def _format_text(value: object) -> str | None:
    """The text of a scalar as in a CSV file; None for an empty value; JSON for lists and objects."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    return orjson.dumps(value).decode()
