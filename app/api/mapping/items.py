"""Convert an item of the catalogue into the answer about it, as plain values."""

from typing import Any

from app.bundle.bundle import LoadedBundle
from app.bundle.catalogue import Catalogue
from app.pipeline.similar import UnknownItemError
from app.state.protocol import ChangeKind, ItemChange
from models.contract.hierarchy import collapse_attributes


def item_answer(bundle: LoadedBundle, item_id: str, change: ItemChange | None) -> dict[str, Any]:
    """The value of an ItemShown; `change` is what is stored of the item. Raises UnknownItemError."""
    catalogue = bundle.catalogue
    row = catalogue.row(item_id)
    if row is None or item_id not in catalogue:
        raise UnknownItemError(item_id)
    item = catalogue.item(row)
    change = None if change is None or change.kind is ChangeKind.DELETION else change  # deleted a moment ago
    available = bool(catalogue.available[row])
    return {
        "item_id": item_id,
        "attributes": dict(collapse_attributes(item.attributes, bundle.spec.hierarchies)),
        "vectors": dict(item.vectors),
        "available": available,
        "unavailable_by": None if available else "rule" if item.available else "request",
        "source": "bundle" if change is None else change.kind.value,
        "changed_at": None if change is None else change.changed_at,
    }


def stored_item_answer(catalogue: Catalogue, item_id: str, version: int) -> dict[str, Any]:
    """The value of an ItemAnswer for an item that was stored."""
    row = catalogue.row(item_id)
    available = row is not None and bool(catalogue.available[row])
    return {"item_id": item_id, "available": available, "catalogue_version": version}
