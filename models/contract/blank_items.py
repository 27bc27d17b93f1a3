"""Blank items: items of which the network knows nothing, and whose events therefore have no effect on a list."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.contract.catalogue import Item
from models.contract.events import EventColumns
from models.contract.feature_spec import FeatureSpec
from models.contract.features import ItemArrays, encode_items
from models.contract.vocabulary import OOV


def is_blank(items: ItemArrays) -> Mask:
    """Mask [n]: True for items outside the training data without a known label, a number, a text or a vector."""
    known = (items.tokens > OOV).any(axis=1) | items.numeric.any(axis=1) | items.content.any(axis=1)
    return np.asarray((items.ids == OOV) & ~known)


def find_blank_items(
    spec: FeatureSpec, items: Sequence[Item], text: Floats, ids: Indices | None = None
) -> Mask:
    """Mask [n] of the blank items; `text` [n, T] are their text vectors. Items of the training data cost little.

    `ids` [n] are the items' indices of the vocabulary of ids, where they are known.
    """
    ids = spec.item_ids.encode(item.item_id for item in items) if ids is None else ids
    unknown = np.flatnonzero(ids == OOV)
    rows = unknown[~text[unknown].any(axis=1)]
    blank = np.zeros(len(items), dtype=np.bool_)
    blank[rows] = is_blank(encode_items(spec, [items[row] for row in rows.tolist()]))
    return blank


def hide_blank_items(events: EventColumns, blank: Mask) -> EventColumns:
    """The events with a negative number, distinct by item, in place of the row of each item that `blank` [I] marks.

    An event of a blank item is then an event of an unknown item: no encoding and no push reads it.
    """
    if not blank.any():
        return events
    hidden = (events.items >= 0) & blank[np.maximum(events.items, 0)]
    return replace(events, items=np.where(hidden, -1 - len(events.items) - events.items, events.items))
