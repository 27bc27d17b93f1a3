"""Even samples: rows at equal distances, so that a sample follows from counts alone."""

import numpy as np

from models.contract.arrays import Indices


def take_evenly(rows: Indices, most: int) -> Indices:
    """At most `most` of the rows, evenly spaced."""
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).astype(np.int64)]
