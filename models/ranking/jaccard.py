"""Jaccard similarity of sets, from their sizes."""

import numpy as np
from numpy.typing import NDArray


def jaccard(
    shared: NDArray[np.number], sizes_a: NDArray[np.number], sizes_b: NDArray[np.number]
) -> NDArray[np.floating]:
    """Jaccard similarity [...] of set pairs from the sizes of intersections and sets.

    Pass size 1 for an empty set: then its similarity is 0 and no union is 0.
    """
    union = sizes_a + sizes_b - shared
    return np.asarray(np.true_divide(shared, union))
