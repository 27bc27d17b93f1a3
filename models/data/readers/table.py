"""A table as it was read: columns, where each row stands in its file, and the rows that are none."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from models.contract.arrays import Indices


@dataclass(frozen=True, slots=True)
class Reject:
    """A row, or an attribute, that was not taken, and why."""

    file: str
    row: int
    reason: str
    raw: object
    """The row's cells by column, or its text where it could not be parted into cells."""


@dataclass(frozen=True, slots=True)
class Table:
    """n rows of the columns asked for. `rejected` are the rows that could not be read at all."""

    file: str
    columns: Mapping[
        str, pa.Array
    ]  # each [n]: string, int64, double, timestamp[us, UTC], list of string or double
    numbers: Indices  # [n] row numbers in the file, from 1, a CSV file's header counted, blank lines not
    rejected: tuple[Reject, ...] = ()

    def reject(self, row: int, reason: str) -> Reject:
        """The rejection of one of the n rows."""
        raw: dict[str, Any] = {name: column[row].as_py() for name, column in self.columns.items()}
        return Reject(self.file, int(self.numbers[row]), reason, raw)


def write_quarantine(path: Path, rejects: Iterable[Reject]) -> int:
    """Write rejects as JSON Lines {"file", "row", "reason", "raw"}, replacing the file; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("wb") as stream:
        for reject in rejects:
            stream.write(orjson.dumps(reject, default=str, option=orjson.OPT_APPEND_NEWLINE))
            count += 1
    return count
