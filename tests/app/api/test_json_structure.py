"""Checks before models are built: each key once, filters of limited size."""

import json

import pytest

from app.api.json_structure import MAX_FILTER_PARTS, check_structure
from app.errors import InvalidFilterError, InvalidJsonError

PART = {"field": "year", "op": "gte", "value": 1990}


def _filter(comparisons: int) -> bytes:
    return json.dumps({"filter": {"any": [PART] * comparisons}}).encode()


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        (b'{"limit": 1, "limit": 2}', "limit"),
        (b'{"a": [{"b": {"c": 1, "c": 1}}]}', "c"),
        (b'{"\\u0061": 1, "a": 2}', "a"),
        (b'{"": 1, "": 2}', ""),
    ],
)
def test_a_key_given_twice_is_named(raw: bytes, key: str) -> None:
    with pytest.raises(InvalidJsonError, match=f"each key once in an object, given '{key}' twice"):
        check_structure(raw, has_filter=False)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"a": 1}', b"3", b'{"a": {"a": {}}}'])
def test_all_else_is_left_to_the_parser(raw: bytes) -> None:
    check_structure(raw, has_filter=True)


def test_a_filter_has_so_many_parts_and_no_more() -> None:
    check_structure(_filter(MAX_FILTER_PARTS - 1), has_filter=True)  # `any` is a part, too
    check_structure(_filter(MAX_FILTER_PARTS), has_filter=False)
    with pytest.raises(InvalidFilterError) as raised:
        check_structure(_filter(MAX_FILTER_PARTS), has_filter=True)
    assert raised.value.field == "filter"


def test_words_of_filters_in_a_context_are_no_parts() -> None:
    event = {"item_id": "1", "action": "view", "context": {"all": "x", "any": "y"}}
    check_structure(json.dumps({"session": [event] * 500}).encode(), has_filter=True)
