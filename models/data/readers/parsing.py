"""Cells -> texts, numbers, moments, sets of labels. What cannot be read is marked, never an error."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.contract.arrays import Mask

Numbers = NDArray[np.float64]

NUMBER = r"^\s*[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf|Inf|nan|NaN)\s*$"
EXACT = float(2**53)
"""Whole numbers below this are exact in a float."""


def texts(column: pa.Array) -> pa.Array:
    """Cells as texts [n], null where empty. Whole numbers have no decimal point: 42.0 is "42"."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), EXACT))
        if pc.all(whole, min_count=0).as_py():
            column = column.cast(pa.int64())
    column = column.cast(pa.string())
    return pc.if_else(pc.equal(column, ""), None, column)


def numbers(column: pa.Array) -> tuple[Numbers, Mask]:
    """Cells as numbers [n], NaN where empty, and which cells [n] are neither empty nor a number."""
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _floats(column.cast(pa.float64(), safe=False)), np.zeros(len(column), dtype=bool)
    column = texts(column)
    readable = pc.match_substring_regex(column, NUMBER)
    bad = np.asarray(pc.fill_null(pc.invert(readable), False), dtype=bool)
    trimmed = pc.utf8_trim_whitespace(pc.if_else(readable, column, None))
    return _floats(trimmed.cast(pa.float64())), bad


def moments(column: pa.Array, unit: str) -> tuple[Numbers, Mask]:
    """Cells as Unix seconds [n], NaN where empty, and which cells [n] are neither empty nor a moment.

    `unit` is s, ms or iso; a column of timestamps needs none.
    """
    if pa.types.is_timestamp(column.type):
        return _floats(column.cast(pa.int64()).cast(pa.float64(), safe=False)) / 1e6, np.zeros(
            len(column), bool
        )
    if unit == "iso":
        cells = texts(column).to_pylist()
        found = np.array([np.nan if cell is None else _seconds(cell) for cell in cells], dtype=np.float64)
        return found, np.isnan(found) & np.array([cell is not None for cell in cells], dtype=bool)
    found, bad = numbers(column)
    return found / (1000 if unit == "ms" else 1), bad


def labels(column: pa.Array, separator: str) -> list[tuple[str, ...]]:
    """Each cell's distinct labels in their order: a list, or a text parted by the separator."""
    if pa.types.is_list(column.type):
        return [_distinct(map(_label, cell or ())) for cell in column.to_pylist()]
    return [_distinct((cell or "").split(separator)) for cell in texts(column).to_pylist()]


def vectors(column: pa.Array, separator: str) -> list[tuple[float, ...] | None]:
    """Each cell's numbers: a list, or a text such as "[0.1, 0.2]" or "0.1|0.2"; () where it is empty.

    None where a cell is not a list of finite numbers.
    """
    if pa.types.is_list(column.type):
        return [_vector(cell or ()) for cell in column.to_pylist()]
    parted = [
        (cell or "").strip("[] ").replace(separator, " ").replace(",", " ")
        for cell in texts(column).to_pylist()
    ]
    return [_vector(cell.split()) for cell in parted]


def _floats(column: pa.Array) -> Numbers:
    return np.array(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _seconds(text: str) -> float:
    """Unix seconds of an ISO 8601 text, NaN where it is none."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return float("nan")
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _label(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _distinct(found: "map[str] | list[str]") -> tuple[str, ...]:
    return tuple(dict.fromkeys(label.strip() for label in found if label.strip()))


def _vector(cells: Sequence[object]) -> tuple[float, ...] | None:
    try:
        found = tuple(float(str(cell)) for cell in cells)
    except ValueError:
        return None
    return found if bool(np.isfinite(found).all()) else None
