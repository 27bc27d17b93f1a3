"""Columns of items' fields: numbers in an array, labels in an inverted index."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Indices, Mask
from models.contract.catalogue import Attribute, Item
from models.contract.predicate import ITEM_ID, Scalar


@dataclass(frozen=True, slots=True)
class Column:
    """One field of n items. An item has a number or a set of labels; a str is a set of one label."""

    numbers: NDArray[np.float64]  # [n] NaN for none
    present: Mask  # [n] False: no such attribute, NaN, or an empty set
    codes: Mapping[str, int]  # label -> code, an index into `starts`
    starts: Indices  # [labels + 1]
    rows: Indices  # ascending rows with label code c: rows[starts[c]:starts[c + 1]]

    def rows_with(self, label: str) -> Indices:
        """The rows of the items with a label, ascending."""
        code = self.codes.get(label)
        return self.rows[:0] if code is None else self.rows[self.starts[code] : self.starts[code + 1]]

    def is_equal(self, value: Scalar) -> Mask:
        """[n] True where the number, the text or one of the labels is the value."""
        if not isinstance(value, str):
            return np.equal(self.numbers, value)
        equal = np.zeros(len(self.present), dtype=np.bool_)
        equal[self.rows_with(value)] = True
        return equal


@dataclass(frozen=True, slots=True)
class AttributeTable:
    """Columns of n items, each built on first use."""

    items: Sequence[Item]
    built: dict[str, Column] = field(default_factory=dict)
    make: Callable[[str], Column | None] = lambda _: None  # a column that is packed; None for one that is not

    def column(self, name: str) -> Column:
        """The column of a field; all missing for an unknown field."""
        if name not in self.built:
            self.built[name] = self.make(name) or build_column(self.items, name)
        return self.built[name]


def build_column(items: Iterable[Item], name: str) -> Column:
    """The column of one field of n items."""
    numbers, present, codes = [], [], dict[str, int]()
    label_codes, label_rows = [], []
    for row, item in enumerate(items):
        value = item.item_id if name == ITEM_ID else item.attributes.get(name, math.nan)
        labels = dict.fromkeys(_labels(value))
        numbers.append(math.nan if isinstance(value, str | tuple) else float(value))
        present.append(bool(labels) or not math.isnan(numbers[-1]))
        for label in labels:
            label_codes.append(codes.setdefault(label, len(codes)))
            label_rows.append(row)
    return join_labels(
        np.array(numbers, dtype=np.float64),
        np.array(present, dtype=np.bool_),
        codes,
        np.array(label_codes, dtype=np.int64),
        np.array(label_rows, dtype=np.int64),
    )


def join_labels(
    numbers: NDArray[np.float64], present: Mask, codes: Mapping[str, int], label_codes: Indices, rows: Indices
) -> Column:
    """The column of n items with the labels `label_codes` [m] at `rows` [m], ascending."""
    ends = np.cumsum(np.bincount(label_codes, minlength=len(codes)))
    return Column(
        numbers=numbers,
        present=present,
        codes=codes,
        starts=np.concatenate([np.zeros(1, dtype=np.int64), ends]).astype(np.int64),
        rows=rows[np.argsort(label_codes, kind="stable")],
    )


def _labels(value: Attribute) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return value if isinstance(value, tuple) else ()
