"""Attributes of items and users, held to the bundle's fields: each name known, each value of its kind."""

from collections.abc import Mapping, Sequence

from app.errors import InvalidRequestError, InvalidValueError, UnknownFieldError
from app.schemas.records import ItemRequest
from models.contract.catalogue import Attribute, Item
from models.contract.features import FieldKind, FieldSpec

_WANTED: Mapping[FieldKind, tuple[type, str]] = {
    FieldKind.CATEGORICAL: (str, "a string"),
    FieldKind.TEXT: (str, "a string"),
    FieldKind.NUMERIC: (float, "a number"),
    FieldKind.CATEGORIES: (tuple, "a list of strings"),
}


def check_attributes(fields: Sequence[FieldSpec], given: Mapping[str, Attribute]) -> None:
    """Raises UnknownFieldError for an unknown attribute, InvalidValueError for one of another kind."""
    kinds = {field.name: field.kind for field in fields if field.kind is not FieldKind.VECTOR}
    for name, value in given.items():
        path = f"attributes.{name[:80]}"
        if name not in kinds:
            raise UnknownFieldError(f"expected one of {_names(kinds)}, given {name[:80]!r}", path)
        kind, words = _WANTED[kinds[name]]
        if not isinstance(value, kind):
            raise InvalidValueError(f"expected {words}, given {_said(value)}", path)


def to_item(fields: Sequence[FieldSpec], item_id: str, given: ItemRequest) -> Item:
    """The item, its texts among its attributes.

    Raises UnknownFieldError, InvalidValueError, or InvalidRequestError for a text that is given twice.
    """
    twice = given.attributes.keys() & given.text.keys()
    if twice:
        raise InvalidRequestError(
            "expected each text once, given it also in 'attributes'", f"text.{min(twice)[:80]}"
        )
    texts = {field.name for field in fields if field.kind is FieldKind.TEXT}
    for name in given.text:
        if name not in texts:
            raise UnknownFieldError(
                f"expected one of {_names(texts)}, given {name[:80]!r}", f"text.{name[:80]}"
            )
    attributes = {**given.attributes, **given.text}
    check_attributes(fields, attributes)
    return Item(item_id, attributes, _vectors(fields, given.vectors), given.available)


def _vectors(
    fields: Sequence[FieldSpec], given: Mapping[str, Sequence[float]]
) -> Mapping[str, tuple[float, ...]]:
    sizes = {field.name: field.size for field in fields if field.kind is FieldKind.VECTOR}
    for name, vector in given.items():
        path = f"vectors.{name[:80]}"
        if name not in sizes:
            raise UnknownFieldError(f"expected one of {_names(sizes)}, given {name[:80]!r}", path)
        if len(vector) != sizes[name]:
            raise InvalidValueError(f"expected {sizes[name]} numbers, given {len(vector)}", path)
    return {name: tuple(vector) for name, vector in given.items()}


def _names(names: Mapping[str, object] | set[str]) -> str:
    return ", ".join(sorted(names)) or "no field at all"


def _said(value: Attribute) -> str:
    return {str: "a string", float: "a number", tuple: "a list"}[type(value)]
