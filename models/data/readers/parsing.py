"""Cells -> texts, codes, numbers, moments, sets of labels. What cannot be read is marked, never an error."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.contract.arrays import Doubles, Indices, Indices32, Mask

NUMBER = r"^\s*[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf|Inf|nan|NaN)\s*$"
EXACT = float(2**53)
"""Whole numbers below this are exact in a float."""
CHUNK = 1 << 16
"""Texts parsed at a time."""
PLAIN_MOMENT = r"^[1-9]\d{3}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)?)?$"
"""What Arrow and datetime.fromisoformat read alike, the zone aside."""
UTC_ZONE = r"(Z|\+00:00)$"


class TextCodes(NamedTuple):
    """n texts as codes."""

    names: pa.Array  # [k] distinct strings, not all of which need occur
    codes: Indices32  # [n] indices into `names`; -1: empty

    def take(self, rows: Indices | Mask) -> "TextCodes":
        """The texts of the given rows."""
        return TextCodes(self.names, self.codes[rows])


def texts(column: pa.Array) -> pa.Array:
    """Cells as texts [n], null where empty. Whole numbers have no decimal point: 42.0 is "42"."""
    column = _decoded(column)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), EXACT))
        if pc.all(whole, min_count=0).as_py():
            column = column.cast(pa.int64())
    column = column.cast(pa.string())
    return pc.if_else(pc.equal(column, ""), None, column)


def code_texts(column: pa.Array) -> TextCodes:
    """Cells as codes of their texts (see `texts`)."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = _codes(encoded.indices)
    names = texts(
        encoded.dictionary
    ).dictionary_encode()  # two numbers may have one text, an empty cell several
    table = np.append(_codes(names.indices), np.int32(-1))  # the last one is what -1 selects
    if np.array_equal(table[:-1], np.arange(len(table) - 1)):
        return TextCodes(names.dictionary, codes)
    return TextCodes(names.dictionary, table[codes])


def is_empty(column: pa.Array) -> Mask:
    """Which cells [n] are empty: null, "" or NaN."""
    column = _decoded(column)
    empty = np.asarray(pc.is_null(column, nan_is_null=True), dtype=bool)
    if pa.types.is_string(column.type):
        empty |= np.asarray(pc.fill_null(pc.equal(pc.binary_length(column), 0), False), dtype=bool)
    return empty


def numbers(column: pa.Array) -> tuple[Doubles, Mask]:
    """Cells as numbers [n], NaN where empty, and which cells [n] are neither empty nor a number."""
    column = _decoded(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _floats(column.cast(pa.float64(), safe=False)), np.zeros(len(column), dtype=bool)
    found, bad = np.empty(len(column)), np.empty(len(column), dtype=bool)
    for part, chunk in _chunks(column):
        readable = pc.match_substring_regex(chunk, NUMBER)
        bad[part] = np.asarray(pc.fill_null(pc.invert(readable), False), dtype=bool)
        trimmed = pc.utf8_trim_whitespace(pc.if_else(readable, chunk, None))
        found[part] = _floats(trimmed.cast(pa.float64()))
    return found, bad


def _chunks(column: pa.Array) -> Iterator[tuple[slice, pa.Array]]:
    """The column's texts, CHUNK at a time, and where they stand: a whole log's would take copies of it."""
    for start in range(0, len(column), CHUNK):
        yield slice(start, start + CHUNK), texts(column.slice(start, CHUNK))


def moments(column: pa.Array, unit: str) -> tuple[Doubles, Mask]:
    """Cells as Unix seconds [n], NaN where empty, and which cells [n] are neither empty nor a moment.

    `unit` is s, ms or iso; a column of timestamps needs none.
    """
    column = _decoded(column)
    if pa.types.is_timestamp(column.type):
        return _floats(column.cast(pa.int64()).cast(pa.float64(), safe=False)) / 1e6, np.zeros(
            len(column), bool
        )
    if unit == "iso":
        return _iso_moments(column)
    seconds, bad = numbers(column)
    if unit == "ms":
        seconds /= 1000
    return seconds, bad


def _iso_moments(column: pa.Array) -> tuple[Doubles, Mask]:
    """`moments` of ISO 8601 texts; UTC where a text names no zone."""
    seconds, empty = np.full(len(column), np.nan), np.empty(len(column), dtype=bool)
    for part, chunk in _chunks(column):
        empty[part] = np.asarray(pc.is_null(chunk), dtype=bool)
        plain = np.asarray(pc.fill_null(pc.match_substring_regex(chunk, PLAIN_MOMENT), False), dtype=bool)
        local = pc.replace_substring_regex(chunk.filter(pa.array(plain)), UTC_ZONE, "")
        try:
            seconds[part][plain] = _floats(local.cast(pa.timestamp("us")).cast(pa.int64())) / 1e6
        except pa.ArrowInvalid:  # a day or an hour that does not exist
            plain[:] = False
        rows = np.flatnonzero(~plain & ~empty[part])
        cells = chunk.take(pa.array(rows)).to_pylist()
        seconds[part][rows] = [_seconds(cell) for cell in cells]
    return seconds, np.isnan(seconds) & ~empty


def labels(column: pa.Array, separator: str) -> list[tuple[str, ...]]:
    """Each cell's distinct labels in their order: those of a list, or of a text split at the separator."""
    if pa.types.is_list(column.type):
        return [_distinct(map(_label, cell or ())) for cell in column.to_pylist()]
    return [_distinct((cell or "").split(separator)) for cell in texts(column).to_pylist()]


def vectors(column: pa.Array, separator: str) -> list[tuple[float, ...] | None]:
    """Each cell's numbers: a list, or a text such as "[0.1, 0.2]" or "0.1|0.2"; () where it is empty.

    None where a cell is not a list of finite numbers.
    """
    if pa.types.is_list(column.type):
        return [_vector(cell or ()) for cell in column.to_pylist()]
    cells = [
        (cell or "").strip("[] ").replace(separator, " ").replace(",", " ")
        for cell in texts(column).to_pylist()
    ]
    return [_vector(cell.split()) for cell in cells]


def _decoded(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _floats(column: pa.Array) -> Doubles:
    return np.array(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _codes(indices: pa.Array) -> Indices32:
    return np.asarray(indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int32)


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


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _vector(cells: Sequence[object]) -> tuple[float, ...] | None:
    try:
        vector = tuple(float(str(cell)) for cell in cells)
    except ValueError:
        return None
    return vector if bool(np.isfinite(vector).all()) else None
