"""The error tree: one shape, a status and a code of its own for each."""

from app.errors import ChorusError, TooManyRequestsError, UnavailableError, field_path, invalid_request


def _tree(kind: type[ChorusError]) -> list[type[ChorusError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _tree(child))]


def test_every_error_has_one_shape_and_a_code_of_its_own() -> None:
    kinds = _tree(ChorusError)
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert kind("expected x, given y", "field").shape() == {
            "code": kind.code,
            "message": "expected x, given y",
            "field": "field",
        }
        assert kind is ChorusError or kind.status in {401, 404, 405, 408, 413, 415, 422, 429, 503}


def test_those_that_pass_say_when_to_come_back() -> None:
    for kind in _tree(ChorusError):
        assert (kind.retry_after is not None) == (kind in {TooManyRequestsError, UnavailableError})


def test_a_field_is_a_dotted_path_without_the_tags_of_unions() -> None:
    assert field_path(("events", 3, "item_id")) == "events.3.item_id"
    assert field_path(("filter", "<all>", "all", 0, "<compare>", "op")) == "filter.all.0.op"
    assert field_path(()) is None
    assert len(field_path(["x" * 500] * 100) or "") == 300


def test_a_message_says_what_was_expected_and_what_was_given_but_never_all_of_it() -> None:
    detail = {"type": "string_type", "loc": ("a",), "msg": "Input should be a valid string", "input": 3}
    assert invalid_request([detail]).message == "expected a valid string, given 3"
    assert len(invalid_request([{**detail, "input": "x" * 10_000}]).message) < 150
    assert invalid_request([{**detail, "input": ["x"] * 10_000}]).message.endswith("given a list of 10000")
    told = invalid_request([{**detail, "msg": "String should have at least 1 character", "input": ""}])
    assert told.message == "expected a string that should have at least 1 character, given ''"
