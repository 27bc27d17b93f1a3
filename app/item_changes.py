"""Apply the items put, patched and deleted through the API to a bundle's catalogue."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemRow
from app.bundle.remote_texts import FetchedTexts, RemoteTexts
from app.state.protocol import StoredItems
from app.state.protocol.item_patch import patch_item
from models.contract.arrays import Floats
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.features import item_text
from models.contract.hierarchy import expand_attributes
from models.contract.item_links import FittedLinks
from models.contract.statistics import TOTAL
from models.language.protocol import clean_text

NO_TEXTS: Mapping[str, Floats] = MappingProxyType({})

ATTRIBUTE_TYPES: Mapping[FieldKind, type] = {
    FieldKind.CATEGORICAL: str,
    FieldKind.TEXT: str,
    FieldKind.NUMERIC: float,
    FieldKind.CATEGORIES: tuple,
}
"""The Python type of an attribute, by the kind of its field."""


def apply_changes(
    bundle: LoadedBundle, changes: StoredItems, texts: Mapping[str, Floats] = NO_TEXTS
) -> LoadedBundle:
    """The bundle with these items put, patched and deleted.

    Nothing waits for an embeddings endpoint: of its vectors those in `texts`, in memory and in the catalogue are used,
    and items without theirs are among the bundle's `unread_items`.
    """
    items = [fit_item(bundle.spec, item) for item in list_changed(bundle, changes)]
    rows, unread = _encode(bundle, items, texts)
    catalogue = bundle.catalogue.with_items(items, rows)
    for item_id in changes.deleted:
        catalogue = catalogue.without(item_id)
    return replace(
        bundle,
        catalogue=catalogue,
        links=_link_items(bundle, catalogue, items),
        unread_items=(bundle.unread_items - {item.item_id for item in items} | unread) - changes.deleted,
    )


def list_changed(bundle: LoadedBundle, changes: StoredItems) -> list[Item]:
    """The items that were put, and those of the bundle that were patched, as they are then."""
    return [*changes.items.values(), *_patched_items(bundle.catalogue, changes)]


def _encode(
    bundle: LoadedBundle, items: Sequence[Item], texts: Mapping[str, Floats]
) -> tuple[list[ItemRow], frozenset[str]]:
    """The rows of items, and the ids of those that are without the vector of their text."""
    encoder = bundle.text_encoder
    if not isinstance(encoder, RemoteTexts):
        return bundle.item_rows(items), frozenset()
    known = [row for item in items if (row := bundle.catalogue.row(item.item_id)) is not None]
    placed = {item_text(bundle.spec, bundle.catalogue.item(row)): bundle.catalogue.text[row] for row in known}
    wanted = {item.item_id: clean_text(item_text(bundle.spec, item)) for item in items}
    vectors = {clean_text(text): vector for text, vector in placed.items() if vector.any()}
    fetched = FetchedTexts(
        encoder.name, encoder.size, {**vectors, **encoder.recall(wanted.values()), **texts}
    )
    unread = frozenset(item_id for item_id, text in wanted.items() if fetched.lacks([text]))
    return replace(bundle, text_encoder=fetched).item_rows(items), unread


def _link_items(bundle: LoadedBundle, catalogue: Catalogue, items: Sequence[Item]) -> FittedLinks | None:
    """The links with those of the changed items that have no events (models.contract.content_links)."""
    if bundle.links is None:
        return None
    rows = {item.item_id: catalogue.row(item.item_id) for item in items}
    without = [
        item for item in items if (row := rows[item.item_id]) is not None and not _has_events(catalogue, row)
    ]
    numbers = np.array([rows[item.item_id] for item in without], dtype=np.int64)
    return bundle.links.with_items(numbers, [item_text(bundle.spec, item) for item in without])


def _has_events(catalogue: Catalogue, row: int) -> bool:
    """True for an item with events in the training data; put items have statistics of zeros."""
    return bool(catalogue.trained_statistics[row, TOTAL] > 0)


def _patched_items(catalogue: Catalogue, changes: StoredItems) -> Iterator[Item]:
    """The catalogue's items with their patches. A patch of an item that this bundle lacks has nothing to change.

    A patch contains all earlier ones of its item, so that it may be applied to an item that has those already.
    """
    for item_id, patch in changes.patches.items():
        row = catalogue.row(item_id)
        if row is not None and item_id in catalogue:
            yield patch_item(catalogue.item(row), patch)


def fit_item(spec: FeatureSpec, item: Item) -> Item:
    """The item with the levels of its category paths, as the bundle's items have them.

    Attributes and vectors that do not fit the fields are left out: the item may precede this bundle.
    """
    types = {
        field.name: ATTRIBUTE_TYPES[field.kind] for field in spec.item_fields if field.kind in ATTRIBUTE_TYPES
    }
    sizes = {field.name: field.size for field in spec.fields(FieldKind.VECTOR)}
    fitting = {
        name: value for name, value in item.attributes.items() if isinstance(value, types.get(name, ()))
    }
    return Item(
        item.item_id,
        expand_attributes(fitting, spec.hierarchies),
        {name: vector for name, vector in item.vectors.items() if sizes.get(name) == len(vector)},
        item.available,
    )
