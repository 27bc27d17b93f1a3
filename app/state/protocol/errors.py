"""The errors that every store raises."""


class StateUnavailableError(Exception):
    """The store did not answer in time, or refused. A failed write of several users may be stored for some of them.

    The caller may try again; events with the same event ids are not stored twice.
    """


class StoreFullError(Exception):
    """The store holds as many items as it may."""
