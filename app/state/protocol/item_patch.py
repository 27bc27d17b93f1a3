"""A patch of an item: new values of some fields; the other fields keep theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.state.protocol.errors import ItemDeletedError
from models.contract.catalogue import Attribute, Item


@dataclass(frozen=True, slots=True)
class ItemPatch:
    """New values by field name; None removes the field. `available` None: unchanged."""

    item_id: str
    attributes: Mapping[str, Attribute | None] = field(default_factory=dict)
    vectors: Mapping[str, tuple[float, ...] | None] = field(default_factory=dict)
    available: bool | None = None


def patch_item(item: Item, patch: ItemPatch) -> Item:
    """The item with the values of the patch."""
    attributes = {**item.attributes, **patch.attributes}
    vectors = {**item.vectors, **patch.vectors}
    return Item(
        item.item_id,
        {name: value for name, value in attributes.items() if value is not None},
        {name: vector for name, vector in vectors.items() if vector is not None},
        item.available if patch.available is None else patch.available,
    )


def join_patches(earlier: ItemPatch, later: ItemPatch) -> ItemPatch:
    """The patch that has the effect of both."""
    return ItemPatch(
        later.item_id,
        {**earlier.attributes, **later.attributes},
        {**earlier.vectors, **later.vectors},
        earlier.available if later.available is None else later.available,
    )


def patch_content(content: Item | ItemPatch | None, patch: ItemPatch) -> Item | ItemPatch:
    """The content of an item after a patch of stored content. Raises ItemDeletedError for None, a deleted item."""
    if content is None:
        raise ItemDeletedError(f"expected an item that is not deleted, given {patch.item_id[:80]!r}")
    return patch_item(content, patch) if isinstance(content, Item) else join_patches(content, patch)
