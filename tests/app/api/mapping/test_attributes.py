"""Attributes held to a bundle's fields."""

import pytest

from app.api.mapping.attributes import check_attributes, to_item
from app.api.schemas.items import ItemRequest
from app.errors import ChorusError, InvalidRequestError, InvalidValueError, UnknownFieldError
from models.contract.catalogue import Item
from models.contract.feature_spec import FieldKind, FieldSpec

FIELDS = (
    FieldSpec(name="title", kind=FieldKind.TEXT),
    FieldSpec(name="studio", kind=FieldKind.CATEGORICAL),
    FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
    FieldSpec(name="year", kind=FieldKind.NUMERIC),
    FieldSpec(name="image", kind=FieldKind.VECTOR, size=2),
)


def test_texts_and_attributes_become_one_item() -> None:
    given = ItemRequest.model_validate_json(
        """{"attributes": {"year": 1999, "genres": ["a"], "studio": "s"}, "text": {"title": "x"},
            "vectors": {"image": [1, 0.5]}, "available": false}"""
    )
    attributes = {"year": 1999.0, "genres": ("a",), "studio": "s", "title": "x"}
    assert to_item(FIELDS, "7", given) == Item("7", attributes, {"image": (1.0, 0.5)}, available=False)
    assert to_item(FIELDS, "7", ItemRequest()) == Item("7", {}, {}, available=True)


def test_a_text_alone_is_that_of_the_only_text_field() -> None:
    given = ItemRequest.model_validate_json('{"text": "x", "availability": false}')
    assert to_item(FIELDS, "7", given) == Item("7", {"title": "x"}, {}, available=False)
    two = (*FIELDS, FieldSpec(name="plot", kind=FieldKind.TEXT))
    for fields, words in ((two, r"\(plot, title\), given a string"), ((), "no field at all")):
        with pytest.raises(InvalidRequestError, match=words) as caught:
            to_item(fields, "7", given)
        assert caught.value.field == "text"


@pytest.mark.parametrize(
    ("body", "kind", "field"),
    [
        ({"attributes": {"colour": "red"}}, UnknownFieldError, "attributes.colour"),
        ({"attributes": {"image": "red"}}, UnknownFieldError, "attributes.image"),
        ({"attributes": {"year": "1999"}}, InvalidValueError, "attributes.year"),
        ({"attributes": {"genres": "a"}}, InvalidValueError, "attributes.genres"),
        ({"attributes": {"studio": ["a"]}}, InvalidValueError, "attributes.studio"),
        ({"attributes": {"title": 3}}, InvalidValueError, "attributes.title"),
        ({"text": {"studio": "a"}}, UnknownFieldError, "text.studio"),
        ({"text": {"title": "a"}, "attributes": {"title": "b"}}, InvalidRequestError, "text.title"),
        ({"text": "a", "attributes": {"title": "b"}}, InvalidRequestError, "text.title"),
        ({"vectors": {"image": [1.0]}}, InvalidValueError, "vectors.image"),
        ({"vectors": {"title": [1.0, 2.0]}}, UnknownFieldError, "vectors.title"),
    ],
)
def test_what_no_field_takes_is_named(body: dict[str, object], kind: type[ChorusError], field: str) -> None:
    with pytest.raises(kind) as caught:
        to_item(FIELDS, "7", ItemRequest.model_validate(body))
    assert caught.value.field == field


def test_a_bundle_without_fields_takes_none_and_says_so() -> None:
    check_attributes((), {})
    with pytest.raises(UnknownFieldError, match="expected one of no field at all, given 'age'"):
        check_attributes((), {"age": 3.0})
