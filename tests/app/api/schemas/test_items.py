"""Items to be stored: attributes, texts, vectors and availability."""

from app.api.schemas.items import ItemRequest
from app.api.schemas.users import UserRequest
from tests.app.api.schemas.refusals import refusal


def test_an_items_availability_has_two_names_of_which_one_is_given() -> None:
    for name in ("available", "availability"):
        item = ItemRequest.model_validate_json(f'{{"{name}": false}}')
        assert not (item.available and item.availability)
        assert refusal(ItemRequest, f'{{"{name}": 0}}').field == name
    both = refusal(ItemRequest, '{"available": true, "availability": true}')
    assert (both.code, both.field) == ("invalid_request", "availability")


def test_texts_are_given_by_name_or_alone() -> None:
    assert ItemRequest.model_validate_json('{"text": {"title": "x"}}').text == {"title": "x"}
    assert ItemRequest.model_validate_json('{"text": "x"}').text == "x"
    for neither, said in (("5", "5"), ("null", "None"), ("[1]", "a list of 1")):
        error = refusal(ItemRequest, f'{{"text": {neither}}}')
        wanted = "expected a string, or an object of strings by field name"
        assert (error.message, error.field) == (f"{wanted}, given {said}", "text")
    for text, field in (('{"title": 3}', "text.title"), (f'"{"x" * 20_001}"', "text")):
        assert refusal(ItemRequest, f'{{"text": {text}}}').field == field


def test_attributes_are_words_numbers_or_lists_of_words() -> None:
    item = ItemRequest.model_validate_json(
        '{"attributes": {"year": 1999, "title": "x", "genres": ["a", "b"]}}'
    )
    assert item.attributes == {"year": 1999.0, "title": "x", "genres": ("a", "b")}
    for value in ("true", "null", "{}", "[1]", "NaN", "1e999", "1" + "0" * 400, '[""]'):
        assert refusal(ItemRequest, f'{{"attributes": {{"year": {value}}}}}').field == "attributes.year"
    assert refusal(ItemRequest, '{"vectors": {"image": [1, 1e30]}}').field == "vectors.image.1"
    assert refusal(UserRequest, '{"interests": 3}').field == "interests"
