"""The array types that every room shares."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Indices = NDArray[np.int64]
Indices32 = NDArray[np.int32]
"""Indices of a whole log, where 8 bytes an event would be too many; arithmetic on them overflows at 2^31."""
Mask = NDArray[np.bool_]
