"""Values of a catalogue's rows: an array of all of them, or computed for the rows that are asked for."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.language.protocol import Floats

Rows = NDArray[np.int64] | slice


class RowValues(Protocol):
    """A number for each of n rows. An array is one; a large catalogue has them computed when they are read."""

    def __getitem__(self, rows: Rows, /) -> Floats:
        """The numbers [K] of rows [K], or of a slice of all rows."""


@dataclass(frozen=True, slots=True)
class RowSum:
    """The sum of several values of the same rows."""

    parts: tuple[RowValues, ...]

    def __getitem__(self, rows: Rows, /) -> Floats:
        return np.asarray(np.sum([part[rows] for part in self.parts], axis=0), dtype=np.float32)


def add_values(first: RowValues | None, second: RowValues | None) -> RowValues | None:
    """The sum of two values of the same rows, None for nothing: an array where both are, so that it is made once."""
    if first is None or second is None:
        return second if first is None else first
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return np.asarray(first + second)
    return RowSum((*_list_parts(first), *_list_parts(second)))


def add_arrays(values: RowValues) -> Floats | None:
    """[n] the sum of those parts of a sum that are arrays; None if none is."""
    arrays = [part for part in _list_parts(values) if isinstance(part, np.ndarray)]
    return np.asarray(np.sum(arrays, axis=0)) if arrays else None


def _list_parts(values: RowValues) -> tuple[RowValues, ...]:
    return values.parts if isinstance(values, RowSum) else (values,)
