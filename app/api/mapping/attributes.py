"""Check the attributes of items and users against the names and kinds of the bundle's fields."""

from collections.abc import Mapping, Sequence

from app.api.schemas.items import ItemPatchRequest, ItemRequest
from app.api.schemas.users import UserRequest
from app.errors import InvalidRequestError, InvalidValueError, UnknownFieldError
from app.state.protocol import ItemPatch
from models.contract.catalogue import Attribute, Item, User
from models.contract.feature_spec import FieldKind, FieldSpec

_TYPES: Mapping[FieldKind, tuple[type, str]] = {
    FieldKind.CATEGORICAL: (str, "a string"),
    FieldKind.TEXT: (str, "a string"),
    FieldKind.NUMERIC: (float, "a number"),
    FieldKind.CATEGORIES: (tuple, "a list of strings"),
}


def check_attributes(fields: Sequence[FieldSpec], attributes: Mapping[str, Attribute | None]) -> None:
    """Raises UnknownFieldError for an unknown attribute, InvalidValueError for a value of the wrong kind.

    None stands for the removal of an attribute.
    """
    kinds = {field.name: field.kind for field in fields if field.kind is not FieldKind.VECTOR}
    for name, value in attributes.items():
        path = f"attributes.{name[:80]}"
        if name not in kinds:
            raise UnknownFieldError(f"expected one of {_names(kinds)}, given {name[:80]!r}", path)
        expected_type, description = _TYPES[kinds[name]]
        if value is not None and not isinstance(value, expected_type):
            raise InvalidValueError(f"expected {description}, given {_describe_type(value)}", path)


def to_user(fields: Sequence[FieldSpec], user_id: str, request: UserRequest) -> User:
    """The user of a request. Raises UnknownFieldError or InvalidValueError."""
    check_attributes(fields, request.attributes)
    return User(user_id, request.attributes, request.interests)


def to_item(fields: Sequence[FieldSpec], item_id: str, request: ItemRequest) -> Item:
    """The item of a request, with its texts among its attributes.

    Raises UnknownFieldError, InvalidValueError, or InvalidRequestError for a text that is given twice.
    """
    attributes = _join_texts(fields, request.attributes, request.text)
    present = {name: value for name, value in attributes.items() if value is not None}
    vectors = _check_vectors(fields, request.vectors)
    available = request.available and request.availability  # at most one is given, the other is true
    return Item(
        item_id,
        present,
        {name: vector for name, vector in vectors.items() if vector is not None},
        available,
    )


def to_patch(fields: Sequence[FieldSpec], item_id: str, request: ItemPatchRequest) -> ItemPatch:
    """The patch of a request, with its texts among its attributes. Raises the errors of `to_item`."""
    attributes = _join_texts(fields, request.attributes, request.text)
    available: bool | None = None
    for name in ("available", "availability"):
        if name in request.model_fields_set:  # null: the default again
            available = getattr(request, name) is not False
    return ItemPatch(item_id, attributes, _check_vectors(fields, request.vectors), available)


def _join_texts(
    fields: Sequence[FieldSpec],
    attributes: Mapping[str, Attribute | None],
    text: str | Mapping[str, str | None],
) -> Mapping[str, Attribute | None]:
    """The attributes with the texts, checked against the fields."""
    texts = _name_texts(fields, text)
    duplicates = attributes.keys() & texts.keys()
    if duplicates:
        raise InvalidRequestError(
            "expected each text once, given it also in 'attributes'", f"text.{min(duplicates)[:80]}"
        )
    joined = {**attributes, **texts}
    check_attributes(fields, joined)
    return joined


def _name_texts(
    fields: Sequence[FieldSpec], text: str | Mapping[str, str | None]
) -> Mapping[str, str | None]:
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
    fields: Sequence[FieldSpec], vectors: Mapping[str, Sequence[float] | None]
) -> Mapping[str, tuple[float, ...] | None]:
    sizes = {field.name: field.size for field in fields if field.kind is FieldKind.VECTOR}
    for name, vector in vectors.items():
        path = f"vectors.{name[:80]}"
        if name not in sizes:
            raise UnknownFieldError(f"expected one of {_names(sizes)}, given {name[:80]!r}", path)
        if vector is not None and len(vector) != sizes[name]:
            raise InvalidValueError(f"expected {sizes[name]} numbers, given {len(vector)}", path)
    return {name: None if vector is None else tuple(vector) for name, vector in vectors.items()}


def _names(names: Mapping[str, object] | set[str]) -> str:
    return ", ".join(sorted(names)) or "no field at all"


def _describe_type(value: Attribute) -> str:
    return {str: "a string", float: "a number", tuple: "a list"}[type(value)]
