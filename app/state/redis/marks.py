"""The mark of a user whose history in the bundle must not be used: erased, or moved to another user by a merge."""

from app.state.redis.codec import CorruptValueError

Times = tuple[float | None, float | None]
"""The times of an erasure and of a move in Unix seconds, None for each that did not happen."""
DAMAGED: Times = (None, 0.0)
"""The times of a mark that cannot be read: the bundle's history must not be used, which is the safe side."""
MOVED = "moved:"
"""Prefix of the mark of a move. The mark of an erasure is its time alone, as scripts compare it with events."""


def pack_erased(now: float) -> str:
    """The mark of an erasure at a time in Unix seconds."""
    return repr(now)


def pack_moved(now: float) -> str:
    """The mark of a move at a time in Unix seconds."""
    return MOVED + repr(now)


def unpack_mark(packed: bytes) -> Times:
    """The times of an erasure and of a move, None for the one that did not happen. Raises CorruptValueError."""
    try:
        text = packed.decode()
        return (None, float(text.removeprefix(MOVED))) if text.startswith(MOVED) else (float(text), None)
    except ValueError as exc:
        raise CorruptValueError(f"expected a mark, given {len(packed)} bytes of something else") from exc
