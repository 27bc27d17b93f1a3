"""Errors of every store."""

from enum import StrEnum


class StoreFault(StrEnum):
    """Why the store did not do its work. The values are the codes of errors, metrics and logs."""

    OUT_OF_MEMORY = "store_out_of_memory"
    READ_ONLY = "store_read_only"
    LOADING = "store_loading"
    REFUSED = "store_refused"
    TIMEOUT = "store_timeout"
    UNREACHABLE = "store_unreachable"


class StateUnavailableError(Exception):
    """The store did not answer in time, or refused. A failed write may be stored for some of its users.

    The caller may retry; events with the same event ids are not stored twice.
    """

    def __init__(self, message: str, fault: StoreFault = StoreFault.UNREACHABLE) -> None:
        super().__init__(message)
        self.fault = fault


class UnmarkedErasureError(StateUnavailableError):
    """Everything stored of a user was deleted, but the mark of the erasure could not be written: erase again."""


class StoreFullError(Exception):
    """The store has reached its limit of items."""


class ItemDeletedError(Exception):
    """The item was deleted, and cannot be patched."""
