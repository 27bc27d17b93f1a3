"""Sealed values: AES-256-GCM (NIST SP 800-38D) under a key of the settings, each bound to the place that stores it.

    sealed = version u8 (0xA1), id of the key, 4 bytes, nonce, 12 random bytes, ciphertext, tag, 16 bytes

The key of the cipher is derived from the secret by HKDF-SHA256 (RFC 5869); its id is the beginning of its SHA-256. The
place, which is the name of the value's key in Redis, is associated data: a value that is copied to another place cannot
be opened. No clear value begins with the version's byte.
"""

import hmac
import os
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.state.state_keys import BrokenSealError, StateKeys, UnknownKeyError

VERSION = b"\xa1"
KEY_ID_BYTES = 4
NONCE_BYTES = 12
TAG_BYTES = 16
NONCE_AT = len(VERSION) + KEY_ID_BYTES
OVERHEAD = NONCE_AT + NONCE_BYTES + TAG_BYTES
"""Bytes by which a sealed value is longer than its content."""
MARK_DIGITS = 32


class Seals:
    """Seals values under the current key, and opens those under it and under the old ones."""

    def __init__(self, keys: StateKeys) -> None:
        secrets = (keys.current, *keys.old)
        derived = [_derive(secret, b"chorus state 1: values") for secret in secrets]
        ids = [sha256(key).digest()[:KEY_ID_BYTES] for key in derived]
        self._ciphers = {id_: AESGCM(key) for id_, key in zip(ids, derived, strict=True)}
        self._head = VERSION + ids[0]
        self._current = self._ciphers[ids[0]]
        self.marks = tuple(hmac.digest(key, b"mark", "sha256").hex()[:MARK_DIGITS] for key in derived)
        """A text for each key, the current one first, by which a store knows it again."""
        self.digest_keys = tuple(_derive(secret, b"chorus state 1: digests") for secret in secrets)
        """Keys for digests of what is sealed elsewhere, in the same order."""

    def seal(self, content: bytes, place: str) -> bytes:
        """The sealed content, another one at each call."""
        nonce = os.urandom(NONCE_BYTES)
        return self._head + nonce + self._current.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The content of a sealed value. Raises BrokenSealError, for a key that is not there UnknownKeyError."""
        if not sealed.startswith(VERSION) or len(sealed) < OVERHEAD:
            raise BrokenSealError(f"expected a sealed value, given {len(sealed)} bytes of something else")
        cipher = self._find_cipher(sealed)
        if cipher is None:
            raise UnknownKeyError("expected a value under a key of the settings, given one under another key")
        start = NONCE_AT + NONCE_BYTES
        try:
            return cipher.decrypt(sealed[NONCE_AT:start], sealed[start:], place.encode())
        except InvalidTag as exc:
            raise BrokenSealError("expected a value as it was sealed here, given another one") from exc

    def is_foreign(self, stored: bytes) -> bool:
        """Whether a value is sealed under a key that is not there; clear text is not."""
        return stored.startswith(VERSION) and len(stored) >= OVERHEAD and self._find_cipher(stored) is None

    def _find_cipher(self, sealed: bytes) -> AESGCM | None:
        return self._ciphers.get(sealed[len(VERSION) : NONCE_AT])

    def read(self, stored: bytes, place: str) -> bytes:
        """The content of a value that is sealed or in clear text. Raises BrokenSealError."""
        return self.open(stored, place) if stored.startswith(VERSION) else stored


def _derive(secret: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret)
