"""Classify the errors of Redis and of its client, and quote those texts that cannot contain user data."""

import re

from redis.exceptions import (
    AuthenticationError,
    AuthenticationWrongNumberOfArgsError,
    AuthorizationError,
    BusyLoadingError,
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from app.state.protocol import StateUnavailableError, StoreFault

REASON_LENGTH = 200
"""Longest quotation of an error, in characters."""
TOO_MANY_CLIENTS = "max number of clients reached"

# The first fitting row counts: the client's errors of authentication and loading are connection errors, too.
_CLASSES: tuple[tuple[tuple[type[BaseException], ...], StoreFault], ...] = (
    ((OutOfMemoryError,), StoreFault.OUT_OF_MEMORY),
    ((ReadOnlyError,), StoreFault.READ_ONLY),
    ((BusyLoadingError,), StoreFault.LOADING),
    ((AuthenticationError, AuthorizationError, NoPermissionError), StoreFault.REFUSED),
    ((AuthenticationWrongNumberOfArgsError,), StoreFault.REFUSED),
    ((TimeoutError, RedisTimeoutError), StoreFault.TIMEOUT),
    ((RedisConnectionError, OSError), StoreFault.UNREACHABLE),
)
# Redis begins an error with its code; before version 7 a script's error has it later.
_CODES = {
    "OOM": StoreFault.OUT_OF_MEMORY,
    "READONLY": StoreFault.READ_ONLY,
    "LOADING": StoreFault.LOADING,
    **dict.fromkeys(("NOAUTH", "WRONGPASS", "NOPERM", "MISCONF", "NOREPLICAS", "SEALED"), StoreFault.REFUSED),
    **dict.fromkeys(("BUSY", "MASTERDOWN", "CLUSTERDOWN"), StoreFault.REFUSED),
}
_CODE = re.compile(
    rf"^(?:Error running script \(call to \w+\): @user_script: ?\d+: -)?({'|'.join(_CODES)})\b"
)


def describe_fault(cause: BaseException) -> StateUnavailableError:
    """The error of the store for an error of Redis, its client or the network, with the reason as a bounded text."""
    if type(cause) is RedisConnectionError and isinstance(cause.__cause__, RedisError):
        cause = cause.__cause__  # at a Unix socket the client wraps refusals of the login
    fault, is_quotable = _classify(cause)
    text = " ".join(str(cause).split())[:REASON_LENGTH] if is_quotable else ""
    reason = f"{type(cause).__name__}: {text}" if text else type(cause).__name__
    return StateUnavailableError(f"expected an answer from Redis, given {reason}", fault)


def _classify(cause: BaseException) -> tuple[StoreFault, bool]:
    """The fault, and whether the text is free of user data: other errors may quote the command's arguments."""
    if TOO_MANY_CLIENTS in str(cause):
        return StoreFault.REFUSED, True
    for kinds, fault in _CLASSES:
        if isinstance(cause, kinds):
            return fault, True
    code = _CODE.search(str(cause)) if isinstance(cause, ResponseError) else None
    return (StoreFault.REFUSED, False) if code is None else (_CODES[code[1]], True)
