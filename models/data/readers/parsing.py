"""Parse cells into texts, codes, numbers, labels and vectors; unreadable cells are marked."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.contract.arrays import Doubles, Indices, Indices32, Mask

NUMBER = r"^\s*[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf|Inf|nan|NaN)\s*$"
GROUPED = r"^\s*[+-]?\d{1,3}(\.\d{3})+(,\d*)?\s*$"
"""Numbers with points between thousands."""
EXACT = float(2**53)
"""Whole numbers below this are exact in a float."""
CHUNK = 1 << 16
"""Texts parsed at once."""


class TextCodes(NamedTuple):
    """n texts as codes."""

    names: pa.Array  # [k] distinct strings; some may not occur in `codes`
    codes: Indices32  # [n] indices into `names`; -1 for an empty cell

    def take(self, rows: Indices | Mask) -> "TextCodes":
        """The texts at `rows`."""
        return TextCodes(self.names, self.codes[rows])


class IdLists(NamedTuple):
    """n ids of the lists in the cells of a column."""

    rows: Indices  # [n] the cell of each id, ascending
    ids: TextCodes  # [n]; code -1 for an empty element of a list


def format_texts(column: pa.Array) -> pa.Array:
    """Cells as texts [n], null where empty. Whole numbers have no decimal point: 42.0 is "42"."""
    column = decode(column)
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        whole = pc.and_(pc.equal(column, pc.floor(column)), pc.less(pc.abs(column), EXACT))
        if pc.all(whole, min_count=0).as_py():
            column = column.cast(pa.int64())
    column = column.cast(pa.string())
    return pc.if_else(pc.equal(column, ""), None, column)


def code_texts(column: pa.Array) -> TextCodes:
    """Cells as codes of their texts (see format_texts)."""
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    codes = _to_codes(encoded.indices)
    # Two numbers may have the same text, and an empty cell several forms.
    names = format_texts(encoded.dictionary).dictionary_encode()
    table = np.append(_to_codes(names.indices), np.int32(-1))  # -1 selects the last element
    if np.array_equal(table[:-1], np.arange(len(table) - 1)):
        return TextCodes(names.dictionary, codes)
    return TextCodes(names.dictionary, table[codes])


def join_texts(first: TextCodes, second: TextCodes) -> TextCodes:
    """The texts of both, in order."""
    names = pa.concat_arrays([first.names, second.names]).dictionary_encode()
    tables = np.split(_to_codes(names.indices), [len(first.names)])
    # -1, an empty cell, selects the last element.
    codes = [
        np.append(table, np.int32(-1))[part.codes]
        for table, part in zip(tables, (first, second), strict=True)
    ]
    return TextCodes(names.dictionary, np.concatenate(codes))


def is_empty(column: pa.Array) -> Mask:
    """[n] True for empty cells: null, "" or NaN."""
    column = decode(column)
    empty = np.asarray(pc.is_null(column, nan_is_null=True), dtype=bool)
    if pa.types.is_string(column.type):
        empty |= np.asarray(pc.fill_null(pc.equal(pc.binary_length(column), 0), False), dtype=bool)
    return empty


def parse_numbers(column: pa.Array, decimal: str = ".") -> tuple[Doubles, Mask]:
    """Cells as numbers [n], NaN if not readable, and a mask [n] of cells that are neither empty nor a number.

    With `decimal` ",", the text 1.234,5 is 1234.5.
    """
    column = decode(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return to_floats(column.cast(pa.float64(), safe=False)), np.zeros(len(column), dtype=bool)
    values, is_bad = np.empty(len(column)), np.empty(len(column), dtype=bool)
    for part, texts in iterate_chunks(column):
        chunk = texts if decimal == "." else _use_points(texts)
        readable = pc.match_substring_regex(chunk, NUMBER)
        is_bad[part] = np.asarray(pc.fill_null(pc.invert(readable), False), dtype=bool)
        trimmed = pc.utf8_trim_whitespace(pc.if_else(readable, chunk, None))
        values[part] = to_floats(trimmed.cast(pa.float64()))
    return values, is_bad


def _use_points(texts: pa.Array) -> pa.Array:
    """Numbers with a decimal comma, and points between thousands, as numbers with a decimal point.

    Any other text with a point is no such number, and becomes one that cannot be read.
    """
    grouped = pc.fill_null(pc.match_substring_regex(texts, GROUPED), False)
    plain = pc.if_else(grouped, pc.replace_substring(texts, ".", ""), pc.replace_substring(texts, ".", "?"))
    return pc.replace_substring(plain, ",", ".")


def iterate_chunks(column: pa.Array) -> Iterator[tuple[slice, pa.Array]]:
    """Yield slices of CHUNK rows and their texts, which bounds the memory for copies of a long column."""
    for start in range(0, len(column), CHUNK):
        yield slice(start, start + CHUNK), format_texts(column.slice(start, CHUNK))


def parse_labels(column: pa.Array, separator: str) -> list[tuple[str, ...]]:
    """The distinct labels of each cell, in order: the elements of a list, or a text split at the separator."""
    if pa.types.is_list(column.type):
        return [_deduplicate(map(_format_label, cell or ())) for cell in column.to_pylist()]
    return [_deduplicate((cell or "").split(separator)) for cell in format_texts(column).to_pylist()]


def parse_id_lists(column: pa.Array, separator: str) -> IdLists:
    """The ids of each cell, in order: the elements of a list, or the parts of a text that are not blank."""
    is_text = not pa.types.is_list(column.type)
    lists = pc.split_pattern(format_texts(column), separator) if is_text else column
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0), dtype=np.int64)
    rows = np.repeat(np.arange(len(column)), lengths)
    encoded = pc.list_flatten(lists).dictionary_encode()
    if not is_text:
        return IdLists(rows, code_texts(encoded))
    trimmed = pc.utf8_trim_whitespace(encoded.dictionary)
    ids = code_texts(pa.DictionaryArray.from_arrays(encoded.indices, trimmed))
    return IdLists(rows[ids.codes >= 0], ids.take(ids.codes >= 0))


def parse_vectors(column: pa.Array, separator: str) -> list[tuple[float, ...] | None]:
    """The numbers of each cell: a list, or a text such as "[0.1, 0.2]" or "0.1|0.2"; () for an empty cell.

    None for a cell that is not a list of finite numbers.
    """
    if pa.types.is_list(column.type):
        return [_parse_vector(cell or ()) for cell in column.to_pylist()]
    cells = [
        (cell or "").strip("[] ").replace(separator, " ").replace(",", " ")
        for cell in format_texts(column).to_pylist()
    ]
    return [_parse_vector(cell.split()) for cell in cells]


def decode(column: pa.Array) -> pa.Array:
    """The column without a dictionary."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def to_floats(column: pa.Array) -> Doubles:
    """A column of numbers as float64 [n], NaN for null."""
    return np.array(column.to_numpy(zero_copy_only=False), dtype=np.float64)


def _to_codes(indices: pa.Array) -> Indices32:
    return np.asarray(indices.fill_null(-1).to_numpy(zero_copy_only=False), dtype=np.int32)


def _format_label(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _deduplicate(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


def _parse_vector(cells: Sequence[object]) -> tuple[float, ...] | None:
    try:
        vector = tuple(float(str(cell)) for cell in cells)
    except ValueError:
        return None
    return vector if bool(np.isfinite(vector).all()) else None
