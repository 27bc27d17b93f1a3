"""The items of a large bundle, each decoded from its line when it is asked for; items put are kept as they are."""

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from models.contract.catalogue import NO_VECTORS, Item
from models.contract.packed_items import PackedItems
from models.contract.records import ItemRecord


@dataclass(slots=True)
class ItemLines(Sequence[Item]):
    """The items of a file by their lines, then those added. A slice from the first row on has what the file has."""

    packed: PackedItems
    lines: mmap.mmap
    changed: dict[int, Item] = field(default_factory=dict)
    added: list[Item] = field(default_factory=list)

    @staticmethod
    def open(path: Path, packed: PackedItems) -> "ItemLines":
        """The items at a path; raises OSError or ValueError for a file that cannot be mapped."""
        with path.open("rb") as stream:
            return ItemLines(packed, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))

    @overload
    def __getitem__(self, row: int) -> Item: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Item]: ...
    def __getitem__(self, row: int | slice) -> Item | Sequence[Item]:
        if isinstance(row, slice):
            return [self[number] for number in range(*row.indices(len(self)))]
        number = row + len(self) if row < 0 else row
        if not 0 <= number < len(self):
            raise IndexError(f"expected a row below {len(self)}, given {row}")
        if number >= len(self.packed.ids):
            return self.added[number - len(self.packed.ids)]
        return self.changed[number] if number in self.changed else self._decode(number)

    def __setitem__(self, row: int, item: Item) -> None:
        if row < len(self.packed.ids):
            self.changed[row] = item
        else:
            self.added[row - len(self.packed.ids)] = item

    def __len__(self) -> int:
        return len(self.packed.ids) + len(self.added)

    def __iter__(self) -> Iterator[Item]:
        return map(self.__getitem__, range(len(self)))

    def append(self, item: Item) -> None:
        """Add an item after all others."""
        self.added.append(item)

    def as_loaded(self) -> "ItemLines":
        """The items of the file alone."""
        return ItemLines(self.packed, self.lines)

    def _decode(self, row: int) -> Item:
        """The item of a line, which the exporter wrote: its checksum was verified."""
        start, end = self.packed.offsets[row : row + 2].tolist()
        record = ItemRecord.model_validate_json(self.lines[start:end])
        return Item(record.item_id, record.attributes, record.vectors or NO_VECTORS, record.available)
