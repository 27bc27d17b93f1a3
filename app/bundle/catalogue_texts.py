"""The texts of a live catalogue: the nearest ones, and cosines of those rows that are asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from app.bundle.catalogue import Catalogue
from app.bundle.text_index import TextIndex
from models.contract.arrays import Floats, Indices, Mask
from models.language.row_values import Rows
from models.language.text_preference import LEAST_DEVIATION
from models.ranking.candidates import search_exactly
from models.ranking.order import best_rows


class NearestTexts(NamedTuple):
    """Rows whose texts are nearest to a text, best first, with their exact cosines."""

    rows: Indices  # [m]
    cosines: Floats  # [m]


def find_nearest_texts(catalogue: Catalogue, vector: Floats, k: int, allowed: Mask) -> NearestTexts:
    """The min(k, allowed) rows of the mask [n] whose texts have the greatest cosines with a vector [T].

    With an index over the bundle's texts as exact as the recall that its exporter measured. Cosines are exact, and
    rows that changed since are among those that are compared. Ties by row.
    """
    index = catalogue.text_index
    if index is None:
        rows = search_exactly(catalogue.text, vector, k, allowed)
        return NearestTexts(rows, catalogue.text[rows] @ vector)
    rows = _list_likely(catalogue, index, vector, k, allowed)
    cosines = catalogue.read_texts(rows) @ vector
    best = best_rows(cosines, k)
    return NearestTexts(rows[best], cosines[best])


def measure_spread(catalogue: Catalogue, vector: Floats, most: int) -> tuple[float, float]:
    """The mean and the standard deviation of the items' cosines with a vector [T].

    They are those of an even sample of at most `most` items, or, with an index over the bundle's texts, of all of the
    bundle's items with a text.
    """
    index = catalogue.text_index
    if index is not None:
        return index.search.measure_spread(vector)
    usual = catalogue.text[:: -(-len(catalogue) // most)] @ vector
    return usual.mean(), usual.std()


def _list_likely(catalogue: Catalogue, index: TextIndex, vector: Floats, k: int, allowed: Mask) -> Indices:
    """Allowed rows, ascending, among which the k nearest are likely."""
    if np.count_nonzero(allowed) <= index.search.rescored:
        return np.flatnonzero(allowed)
    fresh, indexed = catalogue.fresh, allowed[: len(index.rows)].copy()
    indexed[fresh[fresh < len(indexed)]] = False
    return np.sort(np.concatenate([index.find(vector, k, indexed), fresh[allowed[fresh]]]))


@dataclass(frozen=True, slots=True)
class IndexedTexts:
    """The texts of a catalogue with an index over them; see models.language.text_preference.CatalogueTexts."""

    catalogue: Catalogue
    index: TextIndex
    titles: Callable[[int], list[str]]

    def standardise(self, vector: Floats) -> "StandardCosines":
        """By the mean and the deviation of the bundle's items: those put later are few among them."""
        mean, deviation = self.index.search.measure_spread(vector)
        return StandardCosines(self.catalogue, self.index, vector, mean, max(deviation, LEAST_DEVIATION))

    def find_nearest(self, vector: Floats, count: int) -> list[int]:
        """Best first."""
        every = np.ones(len(self.catalogue), dtype=np.bool_)
        rows: list[int] = find_nearest_texts(self.catalogue, vector, count, every).rows.tolist()
        return rows

    def read_titles(self, row: int) -> list[str]:
        """The values of the item's text fields."""
        return self.titles(row)


@dataclass(frozen=True, slots=True)
class StandardCosines:
    """Cosines with a text in standard deviations from the mean, of the rows that are asked for."""

    catalogue: Catalogue
    index: TextIndex
    vector: Floats  # [T]
    mean: float
    deviation: float
    sampled: dict[int, Floats] = field(
        default_factory=dict
    )  # step -> cosines, which many users of a request share

    def __getitem__(self, rows: Rows, /) -> Floats:
        """The cosines [K] of rows; of a slice, a sample of the catalogue, within 1e-3 before they are standardised."""
        cosine = (
            self._sample(rows) if isinstance(rows, slice) else self.catalogue.read_texts(rows) @ self.vector
        )
        return np.asarray((cosine - self.mean) / self.deviation, dtype=np.float32)

    def _sample(self, part: slice) -> Floats:
        """The cosines of a slice from the first row on: those of the bundle's texts, then those of items put later."""
        first, stop, step = part.indices(len(self.catalogue))
        if first or stop < len(self.catalogue):
            raise ValueError(f"expected a slice of the whole catalogue, given {part}")
        if step not in self.sampled:
            rows = np.arange(0, stop, step)
            later = rows[rows >= len(self.index.rows)]
            known = self.index.sample.measure(step, self.vector)
            self.sampled[step] = np.concatenate([known, self.catalogue.read_texts(later) @ self.vector])
        return self.sampled[step]
