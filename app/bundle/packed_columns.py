"""What a service reads of all items of a large bundle, from their packed columns: the same as from the items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np

from app.bundle.attribute_table import AttributeTable, Column, join_labels
from app.bundle.item_lines import ItemLines
from models.contract.arrays import Floats
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.labels import hot_labels
from models.contract.packed_items import Labels, PackedItems
from models.contract.tasks import Head
from models.language.words.vocabulary import read_title_keys


def make_table(items: ItemLines) -> AttributeTable:
    """The table of the items of a large bundle, whose columns are packed."""
    return AttributeTable(items, make=partial(unpack_column, items.packed))


def unpack_column(packed: PackedItems, name: str) -> Column | None:
    """The column of a field, as `build_column` builds it from the items; None for a field that is not packed."""
    if name in packed.numbers:
        numbers = packed.numbers[name]
        return Column(
            numbers, ~np.isnan(numbers), {}, np.zeros(1, dtype=np.int64), np.zeros(0, dtype=np.int64)
        )
    if name not in packed.fields:
        return None
    labels = [dict.fromkeys(_as_tuple(value)) for value in packed.column(name)]
    codes = {label: code for code, label in enumerate(dict.fromkeys(chain.from_iterable(labels)))}
    lengths = np.array([len(found) for found in labels], dtype=np.int64)
    flat = np.array([codes[label] for found in labels for label in found], dtype=np.int64)
    firsts = np.cumsum(lengths) - lengths
    counts = lengths[packed.codes]
    rows = np.repeat(np.arange(len(packed.codes)), counts)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return join_labels(
        np.broadcast_to(np.float64(np.nan), len(packed.codes)),
        counts > 0,
        codes,
        flat[firsts[packed.codes[rows]] + within],
        rows,
    )


def unpack_labels(spec: FeatureSpec, packed: PackedItems) -> list[frozenset[str]]:
    """The labels in all category fields of each item, as `category_labels` reads them; equal values share a set."""
    places = [packed.fields.index(field.name) for field in spec.fields(FieldKind.CATEGORIES)]
    sets = [
        frozenset(chain.from_iterable(_as_tuple(values[place]) for place in places))
        for values in packed.values
    ]
    return [sets[code] for code in packed.codes.tolist()]


def unpack_head_labels(head: Head, packed: PackedItems) -> Floats:
    """[n, C] 1 if the item has the class of the head as a label, as `hot_labels` reads it."""
    distinct = [
        Item(
            "", {name: value for name, value in zip(packed.fields, values, strict=True) if value is not None}
        )
        for values in packed.values
    ]
    return np.asarray(hot_labels(head, distinct)[packed.codes])


@dataclass(frozen=True, slots=True)
class PackedTitles(Mapping[str, tuple[str, ...]]):
    """Key of a title -> ids of the items with it, found by the hash of the key and read in their lines."""

    catalogue: ItemLines
    field: str

    def __getitem__(self, key: str) -> tuple[str, ...]:
        rows: Sequence[int] = self.catalogue.packed.titles[self.field].find(key).tolist()
        found = (self.catalogue[row] for row in rows)
        if ids := tuple(item.item_id for item in found if key in self._keys(item)):
            return ids
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(chain.from_iterable(map(self._keys, self.catalogue))))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _keys(self, item: Item) -> tuple[str, ...]:
        return read_title_keys(item.attributes.get(self.field))


def _as_tuple(value: Labels) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
