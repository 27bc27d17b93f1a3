"""Pack the items of a large bundle as columns, so that a service decodes only the items that it answers."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.packed_items import PACKED_FROM, HashedKeys, Labels, PackedItems, hash_key, write_packed
from models.language.words.vocabulary import read_title_keys


def write_columns(path: Path, items_path: Path, spec: FeatureSpec, items: Sequence[Item]) -> None:
    """Write the columns of more than PACKED_FROM items, whose lines are at `items_path`.

    Nothing is written for items with a value of another kind than that of its field: such a bundle has its items read.
    """
    if len(items) > PACKED_FROM and (packed := pack_items(spec, items, find_lines(items_path))) is not None:
        write_packed(path, packed)


def find_lines(path: Path) -> Indices:
    """[n + 1] the bytes at which the lines of a file begin, and its end."""
    with path.open("rb") as stream:
        lengths = np.fromiter(map(len, stream), dtype=np.int64)
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


def pack_items(spec: FeatureSpec, items: Sequence[Item], offsets: Indices) -> PackedItems | None:
    """The columns of items whose lines begin at `offsets`; None if a value is not of its field's kind."""
    fields = [f.name for kind in (FieldKind.CATEGORIES, FieldKind.CATEGORICAL) for f in spec.fields(kind)]
    code_of: dict[tuple[Labels, ...], int] = {}
    codes = np.empty(len(items), dtype=np.int32)
    for row, item in enumerate(items):
        values = tuple(item.attributes.get(name) for name in fields)
        labels = tuple(value for value in values if not isinstance(value, float | int))
        if len(labels) < len(values):
            return None
        codes[row] = code_of.setdefault(labels, len(code_of))
    numbers = {field.name: _read_numbers(items, field.name) for field in spec.fields(FieldKind.NUMERIC)}
    read = {name: column for name, column in numbers.items() if column is not None}
    if len(read) < len(numbers):
        return None
    return PackedItems(
        offsets=offsets,
        ids=tuple(item.item_id for item in items),
        available=np.array([item.available for item in items], dtype=np.bool_),
        fields=tuple(fields),
        codes=codes,
        values=tuple(code_of),
        numbers=read,
        titles={field.name: _hash_titles(items, field.name) for field in spec.fields(FieldKind.TEXT)},
    )


def _read_numbers(items: Sequence[Item], name: str) -> Doubles | None:
    values = [item.attributes.get(name, math.nan) for item in items]
    if any(isinstance(value, str | tuple) for value in values):
        return None
    return np.array(values, dtype=np.float64)


def _hash_titles(items: Sequence[Item], name: str) -> HashedKeys:
    hashes, rows = [], []
    for row, item in enumerate(items):
        for key in read_title_keys(item.attributes.get(name)):
            hashes.append(hash_key(key))
            rows.append(row)
    every = np.array(hashes, dtype=np.uint64)
    order = np.argsort(every, kind="stable")
    return HashedKeys(every[order], np.array(rows, dtype=np.int32)[order])
