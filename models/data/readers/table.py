"""Tables read from files: columns, row numbers, and rows that could not be read."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from models.contract.arrays import Indices
from models.data.readers.parsing import format_texts
from models.job.errors import JobError

NOT_UTF8 = "unparsable: expected UTF-8 (the key encoding names another, such as cp1252)"
"""The reason of a line that is not UTF-8."""
BATCH = 10_000
"""Rejected rows that are converted to Python objects at once."""


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected row or attribute, with the reason."""

    file: str
    row: int
    reason: str
    raw: object
    """Column -> cell, or the row's text if it could not be split into cells."""


@dataclass(frozen=True, slots=True)
class RowPlaces:
    """Where n rows stand: a file and a row number each, from 1, including a CSV header, without blank lines."""

    files: tuple[str, ...]
    codes: NDArray[np.int16]  # [n] indices into `files`
    numbers: Indices  # [n]

    def take(self, rows: Indices) -> "RowPlaces":
        """The places of `rows`."""
        return RowPlaces(self.files, self.codes[rows], self.numbers[rows])

    def __getitem__(self, row: int) -> tuple[str, int]:
        """(file, row number) of a row."""
        return self.files[self.codes[row]], int(self.numbers[row])

    def __len__(self) -> int:
        return len(self.numbers)


def place_rows(file: str, numbers: Sequence[int] | Indices) -> RowPlaces:
    """The places of rows of one file."""
    return RowPlaces((file,), np.zeros(len(numbers), dtype=np.int16), np.asarray(numbers, dtype=np.int64))


def _join_places(parts: Sequence[RowPlaces]) -> RowPlaces:
    files = tuple(dict.fromkeys(file for part in parts for file in part.files))
    codes = [
        np.array([files.index(file) for file in part.files], dtype=np.int16)[part.codes] for part in parts
    ]
    return RowPlaces(files, np.concatenate(codes), np.concatenate([part.numbers for part in parts]))


@dataclass(frozen=True, slots=True)
class UnreadableRows:
    """m rows that could not be split into cells, as columns, since there may be millions."""

    places: RowPlaces  # [m] ascending in each file
    reasons: pa.Array  # [m] string
    lines: pa.Array  # [m] string: the rows' text

    @staticmethod
    def of(file: str, rows: Sequence[tuple[int, str, str]]) -> "UnreadableRows":
        """Unreadable rows from (row number, reason, text), ascending by number."""
        return UnreadableRows(
            place_rows(file, [number for number, _, _ in rows]),
            pa.array([reason for _, reason, _ in rows], pa.string()),
            pa.array([line for _, _, line in rows], pa.string()),
        )

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Reject]:
        for start in range(0, len(self), BATCH):
            part = slice(start, start + BATCH)
            texts = zip(self.reasons[part].to_pylist(), self.lines[part].to_pylist(), strict=True)
            for row, (reason, line) in enumerate(texts, start=start):
                yield Reject(*self.places[row], reason, line)


@dataclass(frozen=True, slots=True)
class Table:
    """n rows of the requested columns, and the rows that could not be read.

    A column is an Arrow array [n] of string, int64, double, timestamp[us] in UTC or without a zone, list of string or
    list of double, or on request a dictionary of one of these.
    """

    columns: Mapping[str, pa.Array]
    places: RowPlaces  # [n]
    rejected: UnreadableRows

    def __len__(self) -> int:
        return len(self.places)

    def reject(self, row: int, reason: str) -> Reject:
        """A rejection of one of the n rows."""
        raw: dict[str, Any] = {name: column[row].as_py() for name, column in self.columns.items()}
        return Reject(*self.places[row], reason, raw)

    def take(self, rows: Indices) -> "Table":
        """The rows at `rows` as a table without unreadable rows."""
        indices = pa.array(rows)
        columns = {name: column.take(indices) for name, column in self.columns.items()}
        return Table(columns, self.places.take(rows), UnreadableRows.of(self.places.files[0], ()))


@dataclass(frozen=True, slots=True)
class RejectedRows:
    """The rejected rows of a table with their reasons, as columns, since there may be millions."""

    table: Table  # m rows
    reasons: tuple[str, ...]
    codes: NDArray[np.int8]  # [m] indices into `reasons`

    def __len__(self) -> int:
        return len(self.codes)

    def __iter__(self) -> Iterator[Reject]:
        for start in range(0, len(self), BATCH):
            part = self.table.take(np.arange(start, min(start + BATCH, len(self))))
            cells = {name: column.to_pylist() for name, column in part.columns.items()}
            for row, code in enumerate(self.codes[start : start + BATCH].tolist()):
                raw = {name: values[row] for name, values in cells.items()}
                yield Reject(*part.places[row], self.reasons[code], raw)


def join(parts: Sequence[Table]) -> Table:
    """Join tables in order; raises ValueError without tables. Needs the memory of both the parts and the result."""
    if not parts:
        raise ValueError("expected at least one table to join, given none")
    return Table(
        {name: _concatenate(name, [part.columns[name] for part in parts]) for name in parts[0].columns},
        _join_places([part.places for part in parts]),
        UnreadableRows(
            _join_places([part.rejected.places for part in parts]),
            pa.concat_arrays([part.rejected.reasons for part in parts]),
            pa.concat_arrays([part.rejected.lines for part in parts]),
        ),
    )


def _concatenate(name: str, parts: Sequence[pa.Array]) -> pa.Array:
    """Concatenate arrays; dictionaries are unified, and texts become lists if another part has lists."""
    parts = _unify_types(name, parts)
    lists = next((part.type for part in parts if pa.types.is_list(part.type)), None)
    if lists is not None:
        parts = [part if pa.types.is_list(part.type) else _wrap_in_lists(part) for part in parts]
    whole = pa.chunked_array(parts).unify_dictionaries()
    return pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], whole.type)


def _unify_types(name: str, parts: Sequence[pa.Array]) -> Sequence[pa.Array]:
    """Parts of several files with one type: numbers as double, other mixtures as texts; lists stay as they are.

    Raises JobError if only some files have timestamps: numbers and texts do not say when they are.
    """
    kinds = {_value_type(part) for part in parts if len(part)}
    if len(kinds) <= 1 or any(pa.types.is_list(kind) for kind in kinds):
        return [part for part in parts if len(part) or not kinds]
    if any(pa.types.is_timestamp(kind) for kind in kinds):
        given = " and ".join(sorted(map(str, kinds)))
        raise JobError(f"expected the same type in the column {name} of all files, given {given}")
    parts = [part for part in parts if len(part)]
    if any(pa.types.is_dictionary(part.type) for part in parts):
        return [format_texts(part).dictionary_encode() for part in parts]
    if all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds):
        return [part.cast(pa.float64(), safe=False) for part in parts]
    return [format_texts(part) for part in parts]


def _value_type(column: pa.Array) -> pa.DataType:
    return column.type.value_type if pa.types.is_dictionary(column.type) else column.type


def _wrap_in_lists(column: pa.Array) -> pa.Array:
    cells = [[] if cell is None else [cell] for cell in column.to_pylist()]
    return pa.array(cells, pa.list_(pa.string()))


def write_quarantine(path: Path, rejects: Iterable[Reject]) -> int:
    """Write rejects as JSON Lines {"file", "row", "reason", "raw"} into a new file; returns their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("wb") as stream:
        for reject in rejects:
            stream.write(orjson.dumps(reject, default=str, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count
