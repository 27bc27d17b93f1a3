"""Errors for clients of a store that did not do its work."""

from app.errors import UnavailableError


class StoreOutOfMemoryError(UnavailableError):
    """Redis has no memory left and refuses writes."""

    code = "store_out_of_memory"


class StoreReadOnlyError(UnavailableError):
    """Redis is a read-only replica."""

    code = "store_read_only"


class StoreLoadingError(UnavailableError):
    """Redis still loads its data."""

    code = "store_loading"


class StoreRefusedError(UnavailableError):
    """Redis refused for another reason, such as a wrong password."""

    code = "store_refused"


class StoreTimeoutError(UnavailableError):
    """Redis did not answer in time."""

    code = "store_timeout"


class StoreUnreachableError(UnavailableError):
    """There is no connection to Redis."""

    code = "store_unreachable"


class ErasureNotNotedError(UnavailableError):
    """Everything stored of a user is deleted, but the store did not take the mark of the erasure."""

    code = "erasure_not_noted"
