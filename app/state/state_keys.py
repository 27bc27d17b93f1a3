"""The secret keys under which stored values are sealed, and the check that a store was sealed under one of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

NO_SEALS = ""
"""The mark of a store whose values are in clear text."""


@dataclass(frozen=True, slots=True)
class StateKeys:
    """The key of new values, and older ones under which values may still be read."""

    current: bytes = field(repr=False)
    old: tuple[bytes, ...] = field(default=(), repr=False)


class BrokenSealError(Exception):
    """A sealed value that was changed, cut, or copied from another place."""


class UnknownKeyError(BrokenSealError):
    """A value that is sealed under a key that the settings do not have."""


class WrongStateKeyError(Exception):
    """The store has values that are sealed under another key: users would lose their histories."""


def check_seal_mark(stored: str, known: Sequence[str]) -> None:
    """Raises WrongStateKeyError if the store's mark is not that of a key of the settings. Clear text fits any."""
    if stored == NO_SEALS or stored in known:
        return
    given = "another one" if known else "none"
    raise WrongStateKeyError(
        f"CHORUS_STATE_KEY: expected the key of before, as Redis has values that are encrypted with it, given {given}; "
        "a new key needs the one of before in CHORUS_STATE_KEYS_OLD"
    )
