"""Training targets of n interactions, stored compactly by type: numbers, classes, item labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Floats, Indices, Indices32, Mask
from models.contract.labels import ItemLabels, hot_table
from models.contract.tasks import Task

MAX_CLASSES = 200
"""The most classes of a head: the most frequent ones in the training rows."""


class Targets(Protocol):
    """The targets of one task for n interactions. `rows` may have any shape."""

    @property
    def by_item(self) -> Floats | None:
        """Labels [I, width] of all items of the catalogue if the targets are item labels; else None."""

    def at(self, rows: Indices) -> Floats:
        """Targets [..., width] of the interactions at `rows` [...]; 0 if missing."""

    def has_target(self, rows: Indices) -> Mask:
        """Mask [...]: True for the interactions at `rows` [...] with a target."""

    def reorder(self, order: Indices) -> Self:
        """The targets of the interactions at rows `order`, in that order."""

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """All stored arrays, for a checksum."""


class FittedTargets(NamedTuple):
    """Targets with the classes of their columns; no classes for one column of numbers."""

    classes: tuple[str, ...]
    targets: Targets


@dataclass(frozen=True, slots=True, eq=False)
class NumberTargets:
    """One number per interaction, in 5 bytes."""

    values: Floats  # [n], 0 if missing
    is_present: Mask  # [n]

    @property
    def by_item(self) -> Floats | None:
        """None."""
        return None

    def at(self, rows: Indices) -> Floats:
        """Numbers [..., 1]."""
        return self.values[rows][..., None]

    def has_target(self, rows: Indices) -> Mask:
        """Mask [...]."""
        return self.is_present[rows]

    def reorder(self, order: Indices) -> "NumberTargets":
        """The targets at rows `order`."""
        return NumberTargets(self.values[order], self.is_present[order])

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """Values and mask."""
        return self.values, self.is_present


@dataclass(frozen=True, slots=True, eq=False)
class ClassTargets:
    """One of C classes per interaction, in 2 bytes."""

    codes: NDArray[np.int16]  # [n] class indices, -1: missing
    width: int  # C, at least 1

    @property
    def by_item(self) -> Floats | None:
        """None."""
        return None

    def at(self, rows: Indices) -> Floats:
        """One-hot [..., C]."""
        return np.asarray(self.codes[rows][..., None] == np.arange(self.width), dtype=np.float32)

    def has_target(self, rows: Indices) -> Mask:
        """Mask [...]."""
        return np.asarray(self.codes[rows] >= 0)

    def reorder(self, order: Indices) -> "ClassTargets":
        """The targets at rows `order`."""
        return replace(self, codes=self.codes[order])

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The codes."""
        return (self.codes,)


@dataclass(frozen=True, slots=True, eq=False)
class ItemTargets:
    """The labels of the interaction's item: 4 bytes per interaction, and one table of the I items."""

    by_item: Floats  # [I, width] 0/1, also for items without interactions
    has_labels: Mask  # [I] False: the item has no labels, so that its interactions have no target
    items: NDArray[np.int32]  # [n] rows of the table

    def at(self, rows: Indices) -> Floats:
        """Labels [..., width]."""
        return self.by_item[self.items[rows]]

    def has_target(self, rows: Indices) -> Mask:
        """Mask [...]."""
        return self.has_labels[self.items[rows]]

    def reorder(self, order: Indices) -> "ItemTargets":
        """The targets at rows `order`."""
        return replace(self, items=self.items[order])

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """The table and the interactions' items."""
        return self.by_item, self.has_labels, self.items


def build_number_targets(values: NDArray[np.generic], is_present: Mask) -> FittedTargets:
    """Targets of one number per interaction: `values` [n] where `is_present` [n] is True."""
    return FittedTargets((), NumberTargets(np.where(is_present, values, 0).astype(np.float32), is_present))


def fit_class_targets(
    names: Sequence[str], codes: Indices | Indices32, train: Indices, known: Sequence[str] = ()
) -> FittedTargets:
    """Targets of one class per interaction: `codes` [n] are indices into `names`, -1 if missing.

    The classes are the `known` ones, then the most frequent names in the training rows `train`; other names have no
    target.
    """
    train_codes = codes[train]
    counts = np.bincount(train_codes[train_codes >= 0], minlength=len(names))
    classes = extend_classes(known, select_frequent(names, counts))
    index = {name: position for position, name in enumerate(classes)}
    # The last entry is the class of code -1.
    class_of = np.array([*(index.get(name, -1) for name in names), -1], dtype=np.int16)
    return FittedTargets(classes, ClassTargets(class_of[codes], max(len(classes), 1)))


def fit_item_targets(
    labels: ItemLabels, items: Indices | Indices32, train: Indices, known: Sequence[str] = ()
) -> FittedTargets:
    """Targets that are the labels of the interactions' items [n].

    The classes are the `known` ones, then the most frequent labels in the training rows `train`; an item without labels
    has no target.
    """
    item_counts = np.bincount(items[train], minlength=labels.count)
    counts = np.bincount(labels.codes, weights=item_counts[labels.items], minlength=len(labels.names))
    classes = extend_classes(known, select_frequent(labels.names, counts))
    has_labels = np.zeros(labels.count, dtype=np.bool_)
    has_labels[labels.items] = True
    return FittedTargets(
        classes, ItemTargets(hot_table(labels, classes), has_labels, items.astype(np.int32, copy=False))
    )


def select_frequent(names: Sequence[str], counts: NDArray[np.generic]) -> tuple[str, ...]:
    """The MAX_CLASSES most frequent names with a count above 0, sorted by name; ties at the cut go by name."""
    frequency = {name: count for name, count in zip(names, counts.tolist(), strict=True) if count > 0}
    return tuple(sorted(sorted(sorted(frequency), key=lambda name: -frequency[name])[:MAX_CLASSES]))


def extend_classes(known: Sequence[str], found: Sequence[str]) -> tuple[str, ...]:
    """The known classes in their order, then the others; at most MAX_CLASSES unless more are known."""
    others = [name for name in found if name not in set(known)]
    return (*known, *others[: max(MAX_CLASSES - len(known), 0)])


def accept_targets(_task: Task, _targets: Targets, _rows: Indices) -> str | None:
    """None, for a kind that can learn from any targets."""
    return None
