"""The file of a large bundle's items as columns: a service reads from it what it needs of all items, and no item.

The items themselves stay in their JSON Lines, each found by the byte at which it begins.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from models.contract.arrays import Doubles, Indices, Indices32, Mask

PACKED_FROM = 50_000
"""More items than this many are packed."""
Labels = str | tuple[str, ...] | None
"""The value of a field with labels; None for a missing one."""

STRINGS = TypeAdapter(tuple[str, ...])
VALUES = TypeAdapter(tuple[tuple[Labels, ...], ...])


@dataclass(frozen=True, slots=True)
class HashedKeys:
    """m keys of items' titles as hashes, ascending, with the row of each; equal ones ascend by row."""

    hashes: NDArray[np.uint64]  # [m]
    rows: Indices32  # [m]

    def find(self, key: str) -> Indices32:
        """The rows of the items that may have the key: another one may have its hash."""
        value = hash_key(key)
        return self.rows[np.searchsorted(self.hashes, value) : np.searchsorted(self.hashes, value, "right")]


@dataclass(frozen=True, slots=True)
class PackedItems:
    """Columns of n items."""

    offsets: Indices  # [n + 1] bytes of the file of items at which each line begins, then its end
    ids: tuple[str, ...]
    available: Mask  # [n]
    fields: tuple[str, ...]  # with labels, of either kind
    codes: Indices32  # [n] indices into `values`, which are numbered as they come first
    values: tuple[tuple[Labels, ...], ...]  # distinct values of all `fields`
    numbers: Mapping[str, Doubles]  # numeric field -> [n], NaN for a missing one
    titles: Mapping[str, HashedKeys]  # text field -> the keys of its values as titles

    def column(self, field: str) -> list[Labels]:
        """The value of a field with labels, for each of `values`."""
        place = self.fields.index(field)
        return [values[place] for values in self.values]


def hash_key(key: str) -> np.uint64:
    """64 bits of a key's BLAKE2b."""
    return np.uint64(int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "little"))


def write_packed(path: Path, packed: PackedItems) -> None:
    """Write the columns to an .npz file, uncompressed."""
    arrays: dict[str, Any] = {
        "offsets": packed.offsets,
        "ids": _pack_json(packed.ids),
        "available": packed.available,
        "fields": _pack_json(packed.fields),
        "codes": packed.codes,
        "values": _pack_json(packed.values),
    }
    arrays |= {f"number:{name}": column for name, column in packed.numbers.items()}
    for name, keys in packed.titles.items():
        arrays[f"hashes:{name}"], arrays[f"rows:{name}"] = keys.hashes, keys.rows
    np.savez(path, **arrays)


def read_packed(path: Path, items_bytes: int) -> PackedItems:
    """Read the columns of items in a file of `items_bytes` bytes.

    Raises ValueError for columns that do not fit together, and OSError, KeyError or the errors of zipfile for any
    other file.
    """
    with np.load(path, allow_pickle=False) as arrays:
        part = {name: arrays[name] for name in arrays.files}
    hashed = [name.removeprefix("hashes:") for name in part if name.startswith("hashes:")]
    packed = PackedItems(
        offsets=part["offsets"],
        ids=STRINGS.validate_json(part["ids"].tobytes()),
        available=part["available"],
        fields=STRINGS.validate_json(part["fields"].tobytes()),
        codes=part["codes"],
        values=VALUES.validate_json(part["values"].tobytes()),
        numbers={
            name.removeprefix("number:"): column
            for name, column in part.items()
            if name.startswith("number:")
        },
        titles={name: HashedKeys(part[f"hashes:{name}"], part[f"rows:{name}"]) for name in hashed},
    )
    if not _fits(packed, items_bytes):
        raise ValueError("expected columns of the same items, given others")
    return packed


def _fits(packed: PackedItems, items_bytes: int) -> bool:
    count, offsets = len(packed.ids), packed.offsets
    by_item = (packed.available, packed.codes, *packed.numbers.values())
    shapes = offsets.shape == (count + 1,) and all(column.shape == (count,) for column in by_item)
    if (
        not shapes
        or not count
        or offsets[0] != 0
        or offsets[-1] != items_bytes
        or (np.diff(offsets) <= 0).any()
    ):
        return False
    if packed.codes.min() < 0 or packed.codes.max() >= len(packed.values):
        return False
    if any(len(values) != len(packed.fields) for values in packed.values):
        return False
    return all(
        keys.hashes.shape == keys.rows.shape
        and (not keys.rows.size or (keys.rows.min() >= 0 and keys.rows.max() < count))
        and bool((keys.hashes[1:] >= keys.hashes[:-1]).all())
        for keys in packed.titles.values()
    )


def _pack_json(value: Sequence[object]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode(), dtype=np.uint8)
