"""Targets of n interactions, each kind of column stored in the fewest bytes an interaction."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Floats, Indices, Indices32, Mask
from models.contract.labels import ItemLabels, hot_table

MAX_CLASSES = 200
"""A head learns the most frequent classes of its column, at most so many."""


class Targets(Protocol):
    """One task's targets for n interactions. `rows` may have any shape."""

    @property
    def by_item(self) -> Floats | None:
        """Labels [I, width] of every item of the catalogue, where the targets are the item's; else None."""

    def at(self, rows: Indices) -> Floats:
        """Targets [..., width] of the interactions at `rows` [...]; 0 where unknown."""

    def known_at(self, rows: Indices) -> Mask:
        """Bool [...]: the interactions at `rows` [...] that have a target."""

    def reordered(self, order: Indices) -> Self:
        """Targets of the interactions `order`, in that order."""

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """All that is stored, for a checksum."""


class FittedTargets(NamedTuple):
    """Targets with the classes that their columns stand for; no classes where there is one column of numbers."""

    classes: tuple[str, ...]
    targets: Targets


@dataclass(frozen=True, slots=True, eq=False)
class NumberTargets:
    """One number an interaction: 5 bytes."""

    values: Floats  # [n], 0 where unknown
    known: Mask  # [n]

    @property
    def by_item(self) -> Floats | None:
        """None."""
        return None

    def at(self, rows: Indices) -> Floats:
        """Numbers [..., 1]."""
        return self.values[rows][..., None]

    def known_at(self, rows: Indices) -> Mask:
        """Bool [...]."""
        return self.known[rows]

    def reordered(self, order: Indices) -> "NumberTargets":
        """The targets in another order."""
        return NumberTargets(self.values[order], self.known[order])

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """Values and mask."""
        return self.values, self.known


@dataclass(frozen=True, slots=True, eq=False)
class ClassTargets:
    """One of C classes an interaction: 2 bytes."""

    codes: NDArray[np.int16]  # [n] class numbers, -1: unknown
    width: int  # C, at least 1

    @property
    def by_item(self) -> Floats | None:
        """None."""
        return None

    def at(self, rows: Indices) -> Floats:
        """One-hot [..., C]."""
        return np.asarray(self.codes[rows][..., None] == np.arange(self.width), dtype=np.float32)

    def known_at(self, rows: Indices) -> Mask:
        """Bool [...]."""
        return np.asarray(self.codes[rows] >= 0)

    def reordered(self, order: Indices) -> "ClassTargets":
        """The targets in another order."""
        return replace(self, codes=self.codes[order])

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The codes."""
        return (self.codes,)


@dataclass(frozen=True, slots=True, eq=False)
class ItemTargets:
    """The labels of the interaction's item: 4 bytes an interaction, and one table of the I items."""

    by_item: Floats  # [I, width] 0/1, also of an item that nobody took
    described: Mask  # [I] False: the item has no labels at all, so the interaction's are unknown
    items: NDArray[np.int32]  # [n] rows of the table

    def at(self, rows: Indices) -> Floats:
        """Labels [..., width]."""
        return self.by_item[self.items[rows]]

    def known_at(self, rows: Indices) -> Mask:
        """Bool [...]."""
        return self.described[self.items[rows]]

    def reordered(self, order: Indices) -> "ItemTargets":
        """The targets in another order."""
        return replace(self, items=self.items[order])

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The table and the interactions' items."""
        return self.by_item, self.described, self.items


def number_targets(values: NDArray[np.generic], known: Mask) -> FittedTargets:
    """Targets of one number [n] an interaction."""
    return FittedTargets((), NumberTargets(np.where(known, values, 0).astype(np.float32), known))


def class_targets(names: Sequence[str], codes: Indices | Indices32, train: Indices) -> FittedTargets:
    """Targets of one name an interaction: `codes` [n] are positions in `names`, -1 for none.

    Classes are the most frequent names of the training rows; another name is unknown.
    """
    seen = codes[train]
    classes = most_frequent(names, np.bincount(seen[seen >= 0], minlength=len(names)))
    number = {name: position for position, name in enumerate(classes)}
    class_of = np.array([*(number.get(name, -1) for name in names), -1], dtype=np.int16)  # -1 finds the last
    return FittedTargets(classes, ClassTargets(class_of[codes], max(len(classes), 1)))


def item_targets(labels: ItemLabels, items: Indices | Indices32, train: Indices) -> FittedTargets:
    """Targets that are the labels of the items [n] of the interactions.

    Classes are the most frequent labels of the training rows; an item without any label is unknown.
    """
    taken = np.bincount(items[train], minlength=labels.count)
    counts = np.bincount(labels.codes, weights=taken[labels.items], minlength=len(labels.names))
    classes = most_frequent(labels.names, counts)
    described = np.zeros(labels.count, dtype=np.bool_)
    described[labels.items] = True
    return FittedTargets(
        classes, ItemTargets(hot_table(labels, classes), described, items.astype(np.int32, copy=False))
    )


def most_frequent(names: Sequence[str], counts: NDArray[np.generic]) -> tuple[str, ...]:
    """The MAX_CLASSES most frequent names that occur at all, sorted; of equally frequent ones the first by name."""
    frequency = {name: count for name, count in zip(names, counts.tolist(), strict=True) if count > 0}
    return tuple(sorted(sorted(sorted(frequency), key=lambda name: -frequency[name])[:MAX_CLASSES]))
