"""Seals: their layout, the derivation of keys, and what is not opened."""

import hmac
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.state.seals import OVERHEAD, Seals
from app.state.state_keys import (
    BrokenSealError,
    StateKeys,
    UnknownKeyError,
    WrongStateKeyError,
    check_seal_mark,
)

SECRET, OLD = b"s" * 32, b"o" * 32
PLACE = "chorus:{0f}:profile"


def derive(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 with SHA-256, no salt, and one block of 32 bytes."""
    pseudorandom = hmac.digest(bytes(32), secret, "sha256")
    return hmac.digest(pseudorandom, info + b"\x01", "sha256")


def test_the_layout_by_hand() -> None:
    sealed = Seals(StateKeys(SECRET)).seal(b"content", PLACE)
    key = derive(SECRET, b"chorus state 1: values")
    assert sealed[:1] == b"\xa1"
    assert sealed[1:5] == sha256(key).digest()[:4]
    assert len(sealed) == 1 + 4 + 12 + 7 + 16 == OVERHEAD + 7
    assert AESGCM(key).decrypt(sealed[5:17], sealed[17:], PLACE.encode()) == b"content"


def test_a_value_that_was_put_together_by_hand_is_opened() -> None:
    key, nonce = derive(SECRET, b"chorus state 1: values"), bytes(range(12))
    sealed = b"\xa1" + sha256(key).digest()[:4] + nonce + AESGCM(key).encrypt(nonce, b"x", PLACE.encode())
    assert Seals(StateKeys(SECRET)).open(sealed, PLACE) == b"x"


def test_each_seal_has_another_nonce_and_no_secret_is_shown() -> None:
    keys = StateKeys(SECRET, (OLD,))
    seals = Seals(keys)
    assert len({seals.seal(b"", PLACE)[5:17] for _ in range(100)}) == 100
    assert "sss" not in repr(keys) and "ooo" not in repr(keys)


def test_an_old_key_opens_and_the_new_one_seals() -> None:
    before, after = Seals(StateKeys(OLD)), Seals(StateKeys(SECRET, (OLD,)))
    assert after.open(before.seal(b"x", PLACE), PLACE) == b"x"
    with pytest.raises(UnknownKeyError):
        before.open(after.seal(b"x", PLACE), PLACE)


def test_a_value_is_opened_at_its_place_alone() -> None:
    seals = Seals(StateKeys(SECRET))
    with pytest.raises(BrokenSealError, match="as it was sealed here"):
        seals.open(seals.seal(b"x", PLACE), "chorus:{10}:profile")


@pytest.mark.parametrize("at", [0, 1, 4, 5, 16, 17, 20, 39])
def test_a_changed_or_cut_value_is_not_opened(at: int) -> None:
    seals = Seals(StateKeys(SECRET))
    sealed = seals.seal(b"content", PLACE)
    for damaged in (sealed[:at], sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]):
        with pytest.raises(BrokenSealError):
            seals.open(damaged, PLACE)


def test_clear_text_is_read_as_it_is() -> None:
    seals = Seals(StateKeys(SECRET))
    assert seals.read(b'{"attributes":{}}', PLACE) == b'{"attributes":{}}'
    assert seals.read(seals.seal(b"x", PLACE), PLACE) == b"x"


def test_the_marks_are_known_again() -> None:
    marks = Seals(StateKeys(SECRET, (OLD,))).marks
    assert marks == (*Seals(StateKeys(SECRET)).marks, *Seals(StateKeys(OLD)).marks)
    check_seal_mark("", ())
    check_seal_mark(marks[1], marks)
    with pytest.raises(
        WrongStateKeyError, match=r"^CHORUS_STATE_KEY: expected the key of before.* given none;"
    ):
        check_seal_mark(marks[0], ())
    with pytest.raises(WrongStateKeyError, match="given another one;"):
        check_seal_mark(marks[0], marks[1:])
