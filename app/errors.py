"""One small tree of errors, one handler, one shape: {"error": {"code", "message", "field"}}."""


class ChorusError(Exception):
    """An error that a caller is told. `status` is the HTTP status, `code` the machine's word for it."""

    status = 500
    code = "internal"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InvalidRequestError(ChorusError):
    """The request says something that cannot be meant."""

    status = 422
    code = "invalid_request"


class UnknownHeadError(InvalidRequestError):
    """A weight for a head that the bundle does not have."""

    code = "unknown_head"


class InvalidFilterError(InvalidRequestError):
    """A filter over an unknown field, or with a value that its operator cannot take."""

    code = "invalid_filter"


class InvalidCursorError(InvalidRequestError):
    """A cursor that this service did not make."""

    code = "invalid_cursor"


class NotFoundError(ChorusError):
    """An item or user asked for by name is not there."""

    status = 404
    code = "not_found"


class UnauthorizedError(ChorusError):
    """No key, or a wrong one."""

    status = 401
    code = "unauthorized"


class PayloadTooLargeError(ChorusError):
    """The body is larger than the service reads."""

    status = 413
    code = "payload_too_large"


class TooManyRequestsError(ChorusError):
    """More at once than the service takes."""

    status = 429
    code = "too_many_requests"


class UnavailableError(ChorusError):
    """What is needed is away for now."""

    status = 503
    code = "unavailable"
