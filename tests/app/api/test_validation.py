"""Pydantic's errors as errors of the service: the field's path and the message."""

from pydantic import BaseModel, ValidationError

from app.api.validation import MAX_DESCRIBED, describe_body, describe_problem, field_path


class Pair(BaseModel):
    left: list[int]
    right: int = 0


def _error(body: bytes) -> ValidationError:
    try:
        Pair.model_validate_json(body)
    except ValidationError as error:
        return error
    raise AssertionError("expected a body that is refused")


def test_a_field_is_a_dotted_path_without_the_tags_of_unions() -> None:
    assert field_path(("events", 3, "item_id")) == "events.3.item_id"
    assert field_path(("filter", "<all>", "all", 0, "<compare>", "op")) == "filter.all.0.op"
    assert field_path(()) is None
    assert len(field_path(["x" * 500] * 100) or "") == 300


def test_a_message_says_what_was_expected_and_what_was_given_but_never_all_of_it() -> None:
    detail = {"type": "string_type", "loc": ("a",), "msg": "Input should be a valid string", "input": 3}
    assert describe_problem(detail).message == "expected a valid string, given 3"
    assert len(describe_problem({**detail, "input": "x" * 10_000}).message) < 150
    assert describe_problem({**detail, "input": ["x"] * 10_000}).message.endswith("given a list of 10000")
    told = describe_problem({**detail, "msg": "String should have at least 1 character", "input": ""})
    assert told.message == "expected a string that should have at least 1 character, given ''"


def test_the_first_problem_of_a_body_is_described() -> None:
    error = describe_body(_error(b'{"left": [1, "x"], "right": "y"}'))
    assert (error.code, error.field) == ("invalid_request", "left.1")


def test_of_many_problems_only_the_number_is_told() -> None:
    """Describing thousands of them would take seconds."""
    most = describe_body(_error(b'{"left": [' + b",".join([b'"x"'] * MAX_DESCRIBED) + b"]}"))
    assert most.field == "left.0"
    more = describe_body(_error(b'{"left": [' + b",".join([b'"x"'] * (MAX_DESCRIBED + 1)) + b"]}"))
    assert more.field is None and f"{MAX_DESCRIBED + 1} problems" in more.message
