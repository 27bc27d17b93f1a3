"""NumPy array types used in every package."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Indices32 = NDArray[np.int32]
"""Indices stored for every event of a log: half the memory of int64. Arithmetic on them overflows at 2^31."""
Mask = NDArray[np.bool_]


def make_no_rows() -> Indices:
    """No row [0]: the default of fields that hold rows or positions."""
    return np.zeros(0, dtype=np.int64)
