"""Errors for clients: each class has an HTTP status and a code; all share one JSON shape.

{"error": {"code", "message", "field"}}. app.api.error_handlers converts the errors of other packages.
"""

import math
from typing import ClassVar


class ChorusError(Exception):
    """An error with an HTTP status and a code for programs. The base class is the internal error."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    retry_after: ClassVar[int | None] = None
    """Seconds after which the same request may succeed, unless an error says otherwise by `wait_s`."""

    def __init__(self, message: str, field: str | None = None, *, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.wait_s = self.retry_after if wait_s is None else max(1, math.ceil(wait_s))

    def shape(self) -> dict[str, str | None]:
        """The value of `error` in the answer."""
        return {"code": self.code, "message": self.message, "field": self.field}

    def headers(self) -> dict[str, str]:
        """The headers that belong to the error."""
        return {} if self.wait_s is None else {"retry-after": str(self.wait_s)}


class InvalidHttpError(ChorusError):
    """The bytes of the connection are not HTTP."""

    status = 400
    code = "invalid_http"


class InvalidRequestError(ChorusError):
    """The request has a wrong shape, or a value that the service cannot use."""

    status = 422
    code = "invalid_request"


class InvalidJsonError(InvalidRequestError):
    """The body is not JSON."""

    code = "invalid_json"


class UnknownHeadError(InvalidRequestError):
    """A weight names a head that the bundle does not have."""

    code = "unknown_head"


class UnknownSceneError(InvalidRequestError):
    """The bundle has no scene of this name."""

    code = "unknown_scene"


class UnknownFieldError(InvalidRequestError):
    """The bundle has no attribute of this name."""

    code = "unknown_field"


class UnknownActionError(InvalidRequestError):
    """The action is neither one of Chorus nor one of the bundle's job."""

    code = "unknown_action"


class MissingValueError(InvalidRequestError):
    """A rating has no value."""

    code = "missing_value"


class InvalidValueError(InvalidRequestError):
    """A value has the wrong kind, or is outside the bundle's range."""

    code = "invalid_value"


class ErasedError(InvalidRequestError):
    """The event is older than the erasure of its user."""

    code = "erased"


class UnknownVariantError(InvalidRequestError):
    """No stored experiment has this variant."""

    code = "unknown_variant"


class InvalidFilterError(InvalidRequestError):
    """A filter names an unknown field, or has a value that its operator cannot take."""

    code = "invalid_filter"


class UnknownRecommendationError(InvalidRequestError):
    """A critique is of no answer to this user, or of one that is no longer kept."""

    code = "unknown_recommendation"


class InvalidPlanError(InvalidRequestError):
    """A plan names an unknown field, value or item."""

    code = "invalid_plan"


class InvalidCursorError(InvalidRequestError):
    """The cursor is not from an answer of this endpoint."""

    code = "invalid_cursor"


class UnknownBundleError(InvalidRequestError):
    """The folder of bundles has no bundle of this name."""

    code = "unknown_bundle"


class BadBundleError(InvalidRequestError):
    """The bundle is incomplete, or does not reproduce its golden requests."""

    code = "bad_bundle"


class TooManyBundlesError(InvalidRequestError):
    """Experiments name more bundles than are kept in memory beside the one in use."""

    code = "too_many_bundles"


class NotFoundError(ChorusError):
    """The path, the item or the user does not exist."""

    status = 404
    code = "not_found"


class MethodNotAllowedError(ChorusError):
    """The path does not take this method."""

    status = 405
    code = "method_not_allowed"


class UnauthorizedError(ChorusError):
    """The API key is missing or wrong. `challenge` names the scheme of authentication (RFC 9110, 11.6.1)."""

    status = 401
    code = "unauthorized"

    def __init__(self, message: str, field: str | None = None, challenge: str = "Bearer") -> None:
        super().__init__(message, field)
        self.challenge = challenge

    def headers(self) -> dict[str, str]:
        """The headers that belong to the error."""
        return {"www-authenticate": self.challenge}


class ForbiddenError(ChorusError):
    """The key is known but not allowed to do this."""

    status = 403
    code = "forbidden"


class ExperimentConflictError(ChorusError):
    """Another experiment has requests of this one, or was changed at the same moment."""

    status = 409
    code = "experiment_conflict"


class RequestTimeoutError(ChorusError):
    """The headers or the body did not arrive in time."""

    status = 408
    code = "request_timeout"


class PayloadTooLargeError(ChorusError):
    """The body is larger than the service accepts."""

    status = 413
    code = "payload_too_large"


class CatalogueFullError(PayloadTooLargeError):
    """The store has reached its limit of items."""

    code = "catalogue_full"


class UnsupportedMediaTypeError(ChorusError):
    """The content type of the body is not JSON."""

    status = 415
    code = "unsupported_media_type"


class HeadersTooLargeError(ChorusError):
    """The request's line and headers are larger than the service accepts."""

    status = 431
    code = "headers_too_large"


class CallerLeftError(ChorusError):
    """The caller has closed its connection; the status is for the log and the metrics, as nobody reads the answer."""

    status = 499
    code = "caller_left"


class TooManyRequestsError(ChorusError):
    """More concurrent requests than the service accepts."""

    status = 429
    code = "too_many_requests"
    retry_after = 1


class RateLimitedError(TooManyRequestsError):
    """The caller has reached a limit."""

    code = "rate_limited"


class QuotaExceededError(RateLimitedError):
    """The key has used its requests of the day."""

    code = "quota_exceeded"


class WrongKeysError(RateLimitedError):
    """The peer has sent too many wrong keys. A right key is accepted all the same."""

    code = "too_many_wrong_keys"


class UnavailableError(ChorusError):
    """A part of the service that the request needs is not available now."""

    status = 503
    code = "unavailable"
    retry_after = 1


class OverloadedError(UnavailableError):
    """The request would wait for a compute thread longer than its deadline."""

    code = "overloaded"


class TooManyConnectionsError(UnavailableError):
    """The service, or the peer, has as many open connections as it may."""

    code = "too_many_connections"
