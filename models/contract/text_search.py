"""The file beside a bundle's index of text vectors: how its results are used, and what they must contain."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices


@dataclass(frozen=True, slots=True)
class TextSearch:
    """Facts about n items' text vectors, known without reading them, and golden queries of a service's search."""

    mean: Doubles  # [T] of the items with a text
    covariance: Doubles  # [T, T] of the same
    rescored: int
    """Rows of the index whose exact cosines are computed; the nearest are chosen from them."""
    queries: Floats  # [Q, T] unit vectors
    nearest: Indices  # [Q, k] the rows with the greatest cosines with each query by exact search
    recall: Floats  # [Q] the share of them that the exporter's search found

    def measure_spread(self, vector: Floats) -> tuple[float, float]:
        """The mean and standard deviation of the cosines of the items with a text with a unit vector [T]."""
        exact = vector.astype(np.float64)
        return float(self.mean @ exact), max(float(exact @ self.covariance @ exact), 0.0) ** 0.5


def write_search(path: Path, search: TextSearch) -> None:
    """Write the file as uncompressed .npz."""
    np.savez(
        path,
        mean=search.mean,
        covariance=search.covariance,
        rescored=np.int64(search.rescored),
        queries=search.queries,
        nearest=search.nearest,
        recall=search.recall,
    )


def read_search(path: Path, items: int, size: int) -> TextSearch:
    """Read the file over `items` items with vectors of `size` numbers.

    Raises ValueError for other shapes, rows out of range and numbers that are not finite; OSError, KeyError or the
    errors of zipfile for any other file.
    """
    with np.load(path, allow_pickle=False) as arrays:
        search = TextSearch(
            mean=arrays["mean"].astype(np.float64),
            covariance=arrays["covariance"].astype(np.float64),
            rescored=int(arrays["rescored"]),
            queries=arrays["queries"].astype(np.float32),
            nearest=arrays["nearest"].astype(np.int64),
            recall=arrays["recall"].astype(np.float32),
        )
    count, k = search.nearest.shape
    shapes = (search.mean.shape, search.covariance.shape, search.queries.shape, search.recall.shape)
    numbers = (search.mean, search.covariance, search.queries, search.recall)
    fits = shapes == ((size,), (size, size), (count, size), (count,)) and count and 0 < k <= search.rescored
    if not fits or not all(np.isfinite(array).all() for array in numbers):
        raise ValueError(f"expected a search over texts of {size} numbers, given {shapes}")
    if search.nearest.min() < 0 or search.nearest.max() >= items:
        raise ValueError(f"expected rows below {items}, given others")
    return search
