"""Values of rows add up whether they are arrays or computed when they are read."""

from dataclasses import dataclass

import numpy as np

from models.language.protocol import Floats
from models.language.row_values import Rows, RowSum, add_arrays, add_values

FIRST = np.array([1, 2, 3], dtype=np.float32)


@dataclass(frozen=True)
class Tenfold:
    """Ten times the number of the row."""

    count: int

    def __getitem__(self, rows: Rows, /) -> Floats:
        return 10 * np.arange(self.count, dtype=np.float32)[rows]


def test_arrays_are_added_once() -> None:
    total = add_values(FIRST, FIRST)
    assert isinstance(total, np.ndarray) and total.tolist() == [2, 4, 6]
    assert add_values(None, None) is None
    assert add_values(FIRST, None) is FIRST and add_values(None, FIRST) is FIRST


def test_other_values_are_read_for_the_rows_that_are_asked_for() -> None:
    total = add_values(add_values(Tenfold(3), FIRST), FIRST)
    assert isinstance(total, RowSum) and len(total.parts) == 3
    assert total[np.array([2, 0])].tolist() == [26, 2]
    assert total[::2].tolist() == [2, 26]
    assert total[:].dtype == np.float32


def test_the_arrays_of_a_sum_are_known_without_reading_the_others() -> None:
    total = add_values(add_values(Tenfold(3), FIRST), FIRST)
    assert total is not None
    arrays = add_arrays(total)
    assert arrays is not None and arrays.tolist() == [2, 4, 6]
    assert add_arrays(Tenfold(3)) is None
