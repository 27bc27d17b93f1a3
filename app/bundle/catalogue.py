"""The live item table: the bundle's items with later puts and deletions. An item keeps its row.

A `Catalogue` is a view of fixed length over a growing store: a request keeps its view, and a change gives a new
view. A running request may see a change to an existing row at once, which is harmless. A fork has a store of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from app.bundle.item_columns import ItemColumns, ItemRow, label_key
from app.bundle.item_lines import ItemLines
from app.bundle.packed_columns import unpack_head_labels, unpack_labels
from app.bundle.text_index import TextIndex
from models.contract.arrays import Floats, Indices, Mask, make_no_rows
from models.contract.blank_items import find_blank_items
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec
from models.contract.labels import category_labels, hot_labels
from models.contract.predicate import Predicate
from models.contract.tasks import Head
from models.contract.user_vector import BIAS_COLUMNS
from models.heads.protocol import Subject
from models.heads.registry import find_kind


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """A view of the columns over the first n items."""

    store: ItemColumns
    count: int
    version: int = 0
    fresh: Indices = field(default_factory=make_no_rows)
    """Rows put since the bundle was loaded, ascending; the index over the bundle's vectors has old values for them."""

    @staticmethod
    def of(
        spec: FeatureSpec,
        heads: Sequence[Head],
        items: Sequence[Item],
        columns: tuple[Floats, Floats, Floats],
        rule: Predicate | None = None,
    ) -> "Catalogue":
        """`columns`: vectors [n, D + 2], text [n, T], statistics [n, S]. Raises ValueError for other lengths.

        `rule`: the condition over an item's fields without which it is not available.
        """
        vectors, text, statistics = columns
        if not len(items) == len(vectors) == len(text) == len(statistics):
            raise ValueError(
                f"expected columns of {len(items)} items, given {[len(part) for part in columns]}"
            )
        label_heads = tuple(head for head in heads if find_kind(head.task.kind).subject is Subject.ITEM)
        store = ItemColumns(spec, label_heads, rule)
        store.loaded = len(items)
        packed = items.packed if isinstance(items, ItemLines) else None
        store.ids = [item.item_id for item in items] if packed is None else list(packed.ids)
        store.items = items if isinstance(items, ItemLines) else list(items)
        store.labels = category_labels(spec, items) if packed is None else unpack_labels(spec, packed)
        store.rows = {item_id: row for row, item_id in enumerate(store.ids)}
        id_indices = spec.item_ids.encode(store.ids)
        store.columns = {
            "vectors": vectors,
            "text": text,
            "statistics": statistics,
            "trained": statistics.copy(),
            "bias": vectors[:, -BIAS_COLUMNS:].copy(),
            "id_indices": id_indices,
            "available": store.are_loaded_available(items)
            if isinstance(items, ItemLines)
            else store.are_available(items),
            "present": np.ones(len(items), dtype=np.bool_),
            "blank": find_blank_items(spec, items, text, id_indices),
        }
        for head in label_heads:
            labels = hot_labels(head, items) if packed is None else unpack_head_labels(head, packed)
            store.columns[label_key(head.task.name)] = labels
        return Catalogue(store, len(items))

    def __len__(self) -> int:
        return self.count

    def __contains__(self, item_id: str) -> bool:
        """True if the item exists and is not deleted."""
        number = self.row(item_id)
        return number is not None and bool(self.present[number])

    def row(self, item_id: str) -> int | None:
        """The item's row; None for an unknown item. A deleted item keeps its row, since histories refer to it."""
        number = self.store.rows.get(item_id)
        return number if number is not None and number < self.count else None

    def item(self, row: int) -> Item:
        """The item at a row."""
        return self.store.items[row]

    @property
    def ids(self) -> Sequence[str]:
        """Row -> id; may be longer than the view."""
        return self.store.ids

    @property
    def items(self) -> Sequence[Item]:
        """Row -> item."""
        return self.store.items if len(self.store.items) == self.count else self.store.items[: self.count]

    @property
    def labels(self) -> Sequence[frozenset[str]]:
        """Row -> the labels of all category fields, for Jaccard and category caps; may be longer."""
        return self.store.labels

    @property
    def vectors(self) -> Floats:
        """[n, D + 2]: the inner product with a user's vector is the `next` logit."""
        return self._view("vectors")

    @property
    def text(self) -> Floats:
        """[n, T] unit text vectors; zeros for an item without text. Those of a large bundle are a map of their file."""
        return self._view("text")

    @property
    def text_index(self) -> TextIndex | None:
        """The index over the text vectors of the bundle's items; None for a bundle without one."""
        return self.store.text_index

    def read_texts(self, rows: Indices) -> Floats:
        """[K, T] the text vectors at rows [K], with an index from their file: pages of a map would count as memory."""
        index = self.store.text_index
        if index is None:
            return np.asarray(self.text[rows])
        fresh = np.isin(rows, self.fresh) if len(self.fresh) else np.zeros(len(rows), dtype=np.bool_)
        texts = np.empty((len(rows), self.text.shape[1]), dtype=np.float32)
        texts[~fresh] = index.rows.read(rows[~fresh])
        texts[fresh] = self.text[rows[fresh]]
        return texts

    @property
    def statistics(self) -> Floats:
        """[n, S] columns of STATISTICS, with the live counts."""
        return self._view("statistics")

    @property
    def trained_statistics(self) -> Floats:
        """[n, S] the statistics of the bundle; zeros for an item put later."""
        return self._view("trained")

    @property
    def id_indices(self) -> Indices:
        """[n] indices of the vocabulary of item ids; OOV for an item that training did not know."""
        return self._view("id_indices")

    @property
    def available(self) -> Mask:
        """[n] False for deleted items, for those marked as unavailable, and where the job's rule does not hold."""
        return self._view("available")

    @property
    def blank(self) -> Mask:
        """[n] True for items of which the network knows nothing (models.contract.blank_items)."""
        return self._view("blank")

    @property
    def present(self) -> Mask:
        """[n] False for deleted items."""
        return self._view("present")

    def head_labels(self, name: str, rows: Indices) -> Floats:
        """[K, classes] 1 where the item at a row has the class; for heads whose subject is the item."""
        return self._view(label_key(name))[rows]

    def with_item(self, item: Item, row: ItemRow) -> "Catalogue":
        """The catalogue with one item added, or replaced in its row."""
        return self.with_items([item], [row])

    def with_items(self, items: Sequence[Item], rows: Sequence[ItemRow]) -> "Catalogue":
        """The catalogue with distinct items added, or replaced in their rows, and searchable.

        Raises ValueError for rows of another shape, and changes nothing.
        """
        if not items:
            return self
        numbers = self.store.put(items, rows)
        count = max(self.count, int(numbers.max()) + 1)
        return Catalogue(self.store, count, self.version + 1, np.union1d(self.fresh, numbers))

    def without(self, item_id: str) -> "Catalogue":
        """The catalogue with an item deleted; an unknown item is ignored."""
        number = self.row(item_id)
        if number is not None:
            self.store.keep_loaded([number])
            self.store.columns["available"][number] = False
            self.store.columns["present"][number] = False
        return Catalogue(self.store, self.count, self.version + 1, self.fresh)

    def set_live(self, rows: Indices, statistics: Floats, bias: Floats) -> None:
        """Give the items at distinct rows [m] live statistics [m, S], and what these add to their biases [m].

        All others have those of the bundle again. No new view: rows of the index have the values of the bundle, which
        matters above the sizes of exact search alone, where the source of popular items brings what became popular.
        """
        self.store.set_live(rows, statistics, bias)

    def fork(self) -> "Catalogue":
        """The catalogue as it was loaded, over a copy of the columns. A change of either is not seen by the other."""
        store = self.store.fork()
        return Catalogue(store, store.loaded)

    def _view(self, name: str) -> np.ndarray:
        return self.store.columns[name][: self.count]
