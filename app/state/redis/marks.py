"""The mark of a user whose history in the bundle must not be used: erased, or moved to another user by a merge."""

MOVED = "moved:"
"""Prefix of the mark of a move. The mark of an erasure is its time alone, as scripts compare it with events."""


def pack_erased(now: float) -> str:
    """The mark of an erasure at a time in Unix seconds."""
    return repr(now)


def pack_moved(now: float) -> str:
    """The mark of a move at a time in Unix seconds."""
    return MOVED + repr(now)


def unpack_mark(packed: bytes | None) -> tuple[float | None, float | None]:
    """The times of an erasure and of a move, None for each that did not happen."""
    if packed is None:
        return None, None
    text = packed.decode()
    return (None, float(text.removeprefix(MOVED))) if text.startswith(MOVED) else (float(text), None)
