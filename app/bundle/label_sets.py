"""The label sets of a live catalogue's items as a table, cached over its versions."""

from collections.abc import Iterable, Mapping, Sequence

from app.bundle.catalogue import Catalogue
from app.bundle.label_cache import LabelCache
from models.contract.arrays import Indices
from models.ranking.label_rows import LabelRows, LabelTable

MOST_CELLS = 4 << 20
"""The largest table, in cells of distinct sets and labels. Larger catalogues have their label sets read one by one."""


class LabelSets:
    """Keeps the table, if it is not too large."""

    def __init__(self) -> None:
        self._tables = LabelCache[LabelTable | None](_make, _extend)

    def of_rows(self, catalogue: Catalogue, rows: Indices) -> Sequence[frozenset[str]]:
        """The label sets of the items at rows [K]."""
        table = self._tables.of(catalogue)
        if table is None:
            return list(map(catalogue.labels.__getitem__, rows.tolist()))
        return LabelRows(table, rows)


def _make(labels: Iterable[frozenset[str]]) -> LabelTable | None:
    return LabelTable.of(labels, MOST_CELLS)


def _extend(table: LabelTable | None, fresh: Mapping[int, frozenset[str]]) -> LabelTable | None:
    return None if table is None else table.with_items(fresh, MOST_CELLS)
