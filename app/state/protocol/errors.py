"""Errors of every store."""


class StateUnavailableError(Exception):
    """The store did not answer in time, or refused. A failed write may be stored for some of its users.

    The caller may retry; events with the same event ids are not stored twice.
    """


class StoreFullError(Exception):
    """The store has reached its limit of items."""


class ItemDeletedError(Exception):
    """The item was deleted, and cannot be patched."""
