"""Check the attributes of items and users against the names and kinds of the bundle's fields."""

from collections.abc import Mapping, Sequence

from app.api.schemas.items import ItemRequest
from app.errors import InvalidRequestError, InvalidValueError, UnknownFieldError
from models.contract.catalogue import Attribute, Item
from models.contract.feature_spec import FieldKind, FieldSpec

_TYPES: Mapping[FieldKind, tuple[type, str]] = {
    FieldKind.CATEGORICAL: (str, "a string"),
    FieldKind.TEXT: (str, "a string"),
    FieldKind.NUMERIC: (float, "a number"),
    FieldKind.CATEGORIES: (tuple, "a list of strings"),
}


def check_attributes(fields: Sequence[FieldSpec], attributes: Mapping[str, Attribute]) -> None:
    """Raises UnknownFieldError for an unknown attribute, InvalidValueError for a value of the wrong kind."""
    kinds = {field.name: field.kind for field in fields if field.kind is not FieldKind.VECTOR}
    for name, value in attributes.items():
        path = f"attributes.{name[:80]}"
        if name not in kinds:
            raise UnknownFieldError(f"expected one of {_names(kinds)}, given {name[:80]!r}", path)
        expected_type, description = _TYPES[kinds[name]]
        if not isinstance(value, expected_type):
            raise InvalidValueError(f"expected {description}, given {_describe_type(value)}", path)


def to_item(fields: Sequence[FieldSpec], item_id: str, request: ItemRequest) -> Item:
    """The item of a request, with its texts among its attributes.

    Raises UnknownFieldError, InvalidValueError, or InvalidRequestError for a text that is given twice.
    """
    texts = _name_texts(fields, request.text)
    duplicates = request.attributes.keys() & texts.keys()
    if duplicates:
        raise InvalidRequestError(
            "expected each text once, given it also in 'attributes'", f"text.{min(duplicates)[:80]}"
        )
    attributes = {**request.attributes, **texts}
    check_attributes(fields, attributes)
    available = request.available and request.availability  # at most one is given, the other is true
    return Item(item_id, attributes, _check_vectors(fields, request.vectors), available)


def _name_texts(fields: Sequence[FieldSpec], text: str | Mapping[str, str]) -> Mapping[str, str]:
    """Field name -> text; a single string belongs to the only text field."""
    names = {field.name for field in fields if field.kind is FieldKind.TEXT}
    if isinstance(text, str):
        if len(names) != 1:
            raise InvalidRequestError(
                f"expected each text under its field's name ({_names(names)}), given a string alone", "text"
            )
        return {names.pop(): text}
    for name in text:
        if name not in names:
            raise UnknownFieldError(
                f"expected one of {_names(names)}, given {name[:80]!r}", f"text.{name[:80]}"
            )
    return text


def _check_vectors(
    fields: Sequence[FieldSpec], vectors: Mapping[str, Sequence[float]]
) -> Mapping[str, tuple[float, ...]]:
    sizes = {field.name: field.size for field in fields if field.kind is FieldKind.VECTOR}
    for name, vector in vectors.items():
        path = f"vectors.{name[:80]}"
        if name not in sizes:
            raise UnknownFieldError(f"expected one of {_names(sizes)}, given {name[:80]!r}", path)
        if len(vector) != sizes[name]:
            raise InvalidValueError(f"expected {sizes[name]} numbers, given {len(vector)}", path)
    return {name: tuple(vector) for name, vector in vectors.items()}


def _names(names: Mapping[str, object] | set[str]) -> str:
    return ", ".join(sorted(names)) or "no field at all"


def _describe_type(value: Attribute) -> str:
    return {str: "a string", float: "a number", tuple: "a list"}[type(value)]
