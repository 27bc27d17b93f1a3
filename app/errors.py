"""One small tree of errors, and the one shape they have: {"error": {"code", "message", "field"}}."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from pydantic import ValidationError

_PLAIN = {
    "missing": "expected a value, given none",
    "extra_forbidden": "expected no field of this name, given one",
    "model_type": "expected an object, given something else",
    "recursion_loop": "expected a shallow structure, given one too deep",
}
_SHOULD = re.compile(r"^(String|List|Dictionary) should ")


class ChorusError(Exception):
    """An error that a caller is told. `status` is the HTTP status, `code` the machine's word for it."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    retry_after: ClassVar[int | None] = None
    """Seconds after which the same request may succeed."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field

    def shape(self) -> dict[str, str | None]:
        """What stands under `error` in the answer."""
        return {"code": self.code, "message": self.message, "field": self.field}


class InvalidRequestError(ChorusError):
    """The request says something that cannot be meant."""

    status = 422
    code = "invalid_request"


class InvalidJsonError(InvalidRequestError):
    """The body is not JSON."""

    code = "invalid_json"


class UnknownHeadError(InvalidRequestError):
    """A weight for a head that the bundle does not have."""

    code = "unknown_head"


class UnknownSceneError(InvalidRequestError):
    """A scene that the bundle does not have."""

    code = "unknown_scene"


class UnknownFieldError(InvalidRequestError):
    """An attribute or context key that the bundle does not have."""

    code = "unknown_field"


class UnknownActionError(InvalidRequestError):
    """An action that neither Chorus nor the bundle's job knows."""

    code = "unknown_action"


class MissingValueError(InvalidRequestError):
    """A rating without a value."""

    code = "missing_value"


class InvalidValueError(InvalidRequestError):
    """A value of the wrong kind, or out of the bundle's range."""

    code = "invalid_value"


class InvalidFilterError(InvalidRequestError):
    """A filter over an unknown field, or with a value that its operator cannot take."""

    code = "invalid_filter"


class InvalidCursorError(InvalidRequestError):
    """A cursor that this service did not make."""

    code = "invalid_cursor"


class UnknownBundleError(InvalidRequestError):
    """A name that no bundle of the folder has."""

    code = "unknown_bundle"


class BadBundleError(InvalidRequestError):
    """A bundle that is not whole, or whose answers differ from its golden ones."""

    code = "bad_bundle"


class NotFoundError(ChorusError):
    """An item or user asked for by name is not there."""

    status = 404
    code = "not_found"


class MethodNotAllowedError(ChorusError):
    """The path takes other methods."""

    status = 405
    code = "method_not_allowed"


class UnauthorizedError(ChorusError):
    """No key, or a wrong one."""

    status = 401
    code = "unauthorized"


class RequestTimeoutError(ChorusError):
    """The body did not arrive in time."""

    status = 408
    code = "request_timeout"


class PayloadTooLargeError(ChorusError):
    """The body is larger than the service reads."""

    status = 413
    code = "payload_too_large"


class CatalogueFullError(PayloadTooLargeError):
    """The store holds as many items as it may."""

    code = "catalogue_full"


class UnsupportedMediaTypeError(ChorusError):
    """The body is of another type than JSON."""

    status = 415
    code = "unsupported_media_type"


class TooManyRequestsError(ChorusError):
    """More at once than the service takes."""

    status = 429
    code = "too_many_requests"
    retry_after = 1


class UnavailableError(ChorusError):
    """What is needed is away for now."""

    status = 503
    code = "unavailable"
    retry_after = 1


MOST_PROBLEMS = 100
"""Describing more would take seconds, in which nobody else is answered."""


def invalid_body(error: ValidationError) -> InvalidRequestError:
    """What is wrong with a body: its first problem, or, where there are very many, only that."""
    if error.error_count() > MOST_PROBLEMS:
        return InvalidRequestError(
            f"expected a body of the documented shape, given one with {error.error_count()} problems"
        )
    return invalid_request(error.errors())


def invalid_request(details: Sequence[Any]) -> InvalidRequestError:
    """The first of pydantic's error details, as what was expected, what was given and where."""
    detail: Mapping[str, Any] = details[0]
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "json_invalid":
        return InvalidJsonError(f"expected JSON, given {context.get('error', 'something else')}")
    field = field_path((*detail["loc"], context["field"])) if kind == "about" else field_path(detail["loc"])
    if kind in _PLAIN:
        return InvalidRequestError(_PLAIN[kind], field)
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    message = _SHOULD.sub(lambda found: f"a {found[1].lower()} that should ", message)
    message = message if message.startswith("expected") else f"expected {message}"
    if ", given" not in message:
        message += f", given {_brief(detail.get('input'))}"
    return InvalidRequestError(message, field)


def field_path(location: Iterable[int | str]) -> str | None:
    """`events.3.item_id` of pydantic's location; the tags of unions (`<all>`) are left out."""
    parts = [str(part)[:80] for part in location]
    path = ".".join(part for part in parts if not (part.startswith("<") and part.endswith(">")))
    return path[:300] or None


def _brief(given: object) -> str:
    """A value as an error shows it: short, whatever was sent."""
    if isinstance(given, list | dict):
        return f"{'a list' if isinstance(given, list) else 'an object'} of {len(given)}"
    shown = repr(given[:60] if isinstance(given, str) else given)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."
