"""The columns of a live catalogue's fields, for filters: cached over its versions."""

from dataclasses import dataclass
from itertools import islice

from app.bundle.attribute_table import AttributeTable
from app.bundle.catalogue import Catalogue
from app.bundle.item_lines import ItemLines
from app.bundle.packed_columns import make_table
from models.contract.arrays import Indices


@dataclass(frozen=True, slots=True)
class CatalogueTables:
    """A catalogue's items in two tables: all rows of an earlier version, and the current fresh rows."""

    catalogue: Catalogue
    all: AttributeTable
    fresh_rows: Indices
    fresh: AttributeTable


class AttributeIndex:
    """Caches columns over the versions of one bundle's catalogue: a new version costs only its fresh rows."""

    def __init__(self) -> None:
        self._tables: CatalogueTables | None = None

    def of(self, catalogue: Catalogue) -> CatalogueTables:
        """The tables of a catalogue; only its fresh rows may differ from `all`."""
        tables = self._tables
        if tables is None or tables.catalogue is not catalogue:
            if tables is not None and tables.catalogue.store is catalogue.store:
                table = tables.all
            else:
                table = _make_table(catalogue)
            rows = catalogue.fresh
            fresh = AttributeTable(tuple(catalogue.item(int(row)) for row in rows))
            tables = self._tables = CatalogueTables(catalogue, table, rows, fresh)
        return tables


def _make_table(catalogue: Catalogue) -> AttributeTable:
    """The table of all rows, or of those of the bundle, whose columns are packed."""
    items = catalogue.store.items
    if isinstance(items, ItemLines):
        return make_table(items.as_loaded())
    return AttributeTable(tuple(islice(catalogue.items, len(catalogue))))
