"""Apply the items put, patched and deleted through the API to a bundle's catalogue."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from app.bundle.bundle import LoadedBundle
from app.bundle.catalogue import Catalogue
from app.state.protocol import StoredItems
from app.state.protocol.item_patch import patch_item
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind
from models.contract.hierarchy import expand_attributes

ATTRIBUTE_TYPES: Mapping[FieldKind, type] = {
    FieldKind.CATEGORICAL: str,
    FieldKind.TEXT: str,
    FieldKind.NUMERIC: float,
    FieldKind.CATEGORIES: tuple,
}
"""The Python type of an attribute, by the kind of its field."""


def apply_changes(bundle: LoadedBundle, changes: StoredItems) -> LoadedBundle:
    """The bundle with these items put, patched and deleted."""
    changed = [*changes.items.values(), *_patched_items(bundle.catalogue, changes)]
    items = [fit_item(bundle.spec, item) for item in changed]
    catalogue = bundle.catalogue.with_items(items, bundle.item_rows(items))
    for item_id in changes.deleted:
        catalogue = catalogue.without(item_id)
    return replace(bundle, catalogue=catalogue)


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
