"""Which of a multilabel head's classes an item carries: one definition for training, evaluation and service."""

from collections.abc import Sequence

import numpy as np

from models.contract.arrays import Floats
from models.contract.catalogue import Item
from models.contract.tasks import Head


def field_labels(item: Item, field: str) -> tuple[str, ...]:
    """The labels in one of an item's category fields; a single text is one label, a missing field none."""
    value = item.attributes.get(field, ())
    return value if isinstance(value, tuple) else (str(value),)


def hot_labels(head: Head, items: Sequence[Item]) -> Floats:
    """[n, width] 1 where an item carries a class of a multilabel head, whose label is `item.<field>`."""
    field = head.task.label.strip().removeprefix("item.").strip()
    column = {label: number for number, label in enumerate(head.classes)}
    hot = np.zeros((len(items), head.width), dtype=np.float32)
    for number, item in enumerate(items):
        for label in field_labels(item, field):
            if label in column:
                hot[number, column[label]] = 1
    return hot
