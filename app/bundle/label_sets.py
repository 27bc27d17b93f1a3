"""The label sets of a live catalogue's items as a table, cached over its versions: a put item costs only its row."""

from collections.abc import Sequence
from itertools import islice

from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemColumns
from app.bundle.version_cache import VersionCache
from models.contract.arrays import Indices
from models.ranking.label_rows import LabelRows, LabelTable

MOST_CELLS = 4 << 20
"""The largest table, in cells of distinct sets and labels. Larger catalogues have their label sets read one by one."""


class LabelSets:
    """Keeps the table of all rows of an earlier version, and that of the newest one; none that is too large."""

    def __init__(self) -> None:
        self._base: tuple[ItemColumns, LabelTable | None, int] | None = None
        self._newest = VersionCache[LabelTable | None]()

    def of_rows(self, catalogue: Catalogue, rows: Indices) -> Sequence[frozenset[str]]:
        """The label sets of the items at rows [K]."""
        table = self._newest.of(catalogue, lambda: self._make(catalogue))
        if table is None:
            return list(map(catalogue.labels.__getitem__, rows.tolist()))
        return LabelRows(table, rows)

    def _make(self, catalogue: Catalogue) -> LabelTable | None:
        base = self._base
        if base is None or base[0] is not catalogue.store or base[2] > len(catalogue):
            table = LabelTable.of(islice(catalogue.labels, len(catalogue)), MOST_CELLS)
            base = self._base = catalogue.store, table, len(catalogue)
        if base[1] is None:
            return None
        fresh = {row: catalogue.labels[row] for row in catalogue.fresh.tolist()}
        return base[1].with_items(fresh, MOST_CELLS)
