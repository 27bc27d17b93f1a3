"""The error tree: one shape, a status and a code of its own for each."""

from app.errors import ChorusError, TooManyRequestsError, UnavailableError

STATUSES = {400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 431, 499, 503}


def _tree(kind: type[ChorusError]) -> list[type[ChorusError]]:
    return [kind, *(descendant for child in kind.__subclasses__() for descendant in _tree(child))]


def test_every_error_has_one_shape_and_a_code_of_its_own() -> None:
    kinds = _tree(ChorusError)
    assert len({kind.code for kind in kinds}) == len(kinds)
    for kind in kinds:
        assert kind("expected x, given y", "field").shape() == {
            "code": kind.code,
            "message": "expected x, given y",
            "field": "field",
        }
        assert kind is ChorusError or kind.status in STATUSES


def test_those_that_pass_say_when_to_come_back() -> None:
    for kind in _tree(ChorusError):
        passes = issubclass(kind, TooManyRequestsError | UnavailableError)
        assert (kind("later").headers().get("retry-after") == "1") == passes
