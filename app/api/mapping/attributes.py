"""Attributes of items and users, held to the bundle's fields: each name known, each value of its kind."""

from collections.abc import Mapping, Sequence

from app.api.schemas.records import ItemRequest
from app.errors import InvalidRequestError, InvalidValueError, UnknownFieldError
from models.contract.catalogue import Attribute, Item
from models.contract.feature_spec import FieldKind, FieldSpec

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
    texts = _texts(fields, given.text)
    twice = given.attributes.keys() & texts.keys()
    if twice:
        raise InvalidRequestError(
            "expected each text once, given it also in 'attributes'", f"text.{min(twice)[:80]}"
        )
    attributes = {**given.attributes, **texts}
    check_attributes(fields, attributes)
    available = given.available and given.availability  # one was given at most, the other is true
    return Item(item_id, attributes, _vectors(fields, given.vectors), available)


def _texts(fields: Sequence[FieldSpec], given: str | Mapping[str, str]) -> Mapping[str, str]:
    """Texts by the name of their field; a string alone is that of the only text field."""
    names = {field.name for field in fields if field.kind is FieldKind.TEXT}
    if isinstance(given, str):
        if len(names) != 1:
            raise InvalidRequestError(
                f"expected each text under its field's name ({_names(names)}), given a string alone", "text"
            )
        return {names.pop(): given}
    for name in given:
        if name not in names:
            raise UnknownFieldError(
                f"expected one of {_names(names)}, given {name[:80]!r}", f"text.{name[:80]}"
            )
    return given


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
