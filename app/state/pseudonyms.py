"""Pseudonyms of user ids: keyed hashes, so that who lacks the key cannot tell whose data the store has."""

import hmac
from dataclasses import dataclass, field

PSEUDONYM_BYTES = 16
"""128 bits: among a billion users two have the same pseudonym with a chance below 1 in 10^20."""
NO_PSEUDONYMS = "none"
"""The mark of a store with the ids as they were sent."""

_MARKED = b"\xffchorus store"
"""No user id in UTF-8 has this first byte, so the mark of a key is nobody's pseudonym."""


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """The pseudonyms of one key: the first 128 bits of HMAC-SHA256 (RFC 2104) of the user id in UTF-8."""

    key: bytes = field(repr=False)

    def name(self, user_id: str) -> str:
        """The pseudonym of a user, 32 hexadecimal digits, always the same one for one key."""
        return self._hash(user_id.encode())

    @property
    def mark(self) -> str:
        """A text by which a store knows the key again, 32 hexadecimal digits."""
        return self._hash(_MARKED)

    def _hash(self, text: bytes) -> str:
        return hmac.digest(self.key, text, "sha256")[:PSEUDONYM_BYTES].hex()


class WrongPseudonymKeyError(Exception):
    """The store names its users by another key, or by none: none of them would be found, and no erasure."""


def check_mark(stored: str, own: str) -> None:
    """Raises WrongPseudonymKeyError if the store's mark is another one than that of the settings."""
    if stored == own:
        return
    expected = (
        "no key, as Redis has ids without pseudonyms" if stored == NO_PSEUDONYMS else "the key of before"
    )
    given = "none" if own == NO_PSEUDONYMS else "another one" if stored != NO_PSEUDONYMS else "one"
    raise WrongPseudonymKeyError(
        f"CHORUS_PSEUDONYM_KEY: expected {expected}, given {given}; a change needs an empty Redis"
    )
