"""The labels of a live catalogue's items as a matrix, cached over its versions: a put item costs only its row."""

from itertools import islice

from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemColumns
from app.bundle.version_cache import VersionCache
from models.ranking.label_matrix import LabelMatrix


class LabelIndex:
    """Keeps the matrix of all rows of an earlier version, and that of the newest one."""

    def __init__(self) -> None:
        self._base: tuple[ItemColumns, LabelMatrix] | None = None
        self._newest = VersionCache[LabelMatrix]()

    def of(self, catalogue: Catalogue) -> LabelMatrix:
        """The matrix of a version; only its fresh rows may differ from the base."""
        return self._newest.of(catalogue, lambda: self._make(catalogue))

    def _make(self, catalogue: Catalogue) -> LabelMatrix:
        base = self._base
        if base is None or base[0] is not catalogue.store or base[1].items > len(catalogue):
            matrix = LabelMatrix.of(islice(catalogue.labels, len(catalogue)))
            base = self._base = catalogue.store, matrix
        return base[1].with_items({row: catalogue.labels[row] for row in catalogue.fresh.tolist()})
