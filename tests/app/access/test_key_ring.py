"""Which keys a service accepts, and when it needs one."""

import time
from collections.abc import Sequence

import pytest

from app.access.api_key import ApiKey, KeyRequest, create_key, revoke_key
from app.access.caller import Caller
from app.access.key_ring import KeyRing, Rejection
from app.access.key_stores import Change, KeyFile, KeyStoreError
from app.access.roles import Role
from app.config import read_settings
from app.state.protocol import StateUnavailableError


class Shelf:
    """A store of keys in memory, which can be away."""

    place = "a shelf"

    def __init__(self, *keys: ApiKey) -> None:
        self.keys: tuple[ApiKey, ...] = keys
        self.error: Exception | None = None

    async def read(self) -> tuple[ApiKey, ...]:
        if self.error is not None:
            raise self.error
        return self.keys

    async def change(self, change: Change) -> None:
        self.keys = tuple(change(self.keys))


def named(ring: KeyRing, tokens: Sequence[str]) -> list[str | None]:
    found = [ring.find(token) for token in tokens]
    return [caller.key_id if isinstance(caller, Caller) else caller.name for caller in found]


async def test_keys_of_the_settings_and_stored_ones_work_side_by_side() -> None:
    token, key = create_key(KeyRequest((Role.EVENTS,), tenant="shop"), time.time())
    ring = KeyRing(read_settings(api_key="s3cret", publishable_keys="pk_1,pk_2"), Shelf(key))
    assert named(ring, [token]) == ["UNKNOWN"]
    assert await ring.refresh() == (key.key_id,) and await ring.refresh() == ()
    assert named(ring, ["s3cret", "pk_2", token]) == ["api_key", "publishable_2", key.key_id]
    assert ring.find(token) == Caller(key.key_id, frozenset({Role.EVENTS}), "shop")
    other = create_key(KeyRequest((Role.ADMIN,)), 0.0)[0]
    mixed = f"chorus_{key.key_id}_{other.rpartition('_')[2]}"
    assert named(ring, ["", "s3cret ", "pk_3", other, mixed, "ключ"]) == ["UNKNOWN"] * 6


async def test_keys_that_ended_are_refused_with_the_reason() -> None:
    token, key = create_key(KeyRequest((Role.EVENTS,), expires_after_s=60), 1000.0)
    now = [1059.0]
    shelf = Shelf(key)
    ring = KeyRing(read_settings(), shelf, lambda: now[0])
    await ring.refresh()
    assert named(ring, [token]) == [key.key_id]
    now[0] = 1060.0
    assert ring.find(token) is Rejection.EXPIRED
    shelf.keys = (revoke_key(key, 1001.0),)
    assert await ring.refresh() == (key.key_id,)
    assert ring.find(token) is Rejection.REVOKED


async def test_a_key_is_needed_as_soon_as_any_exists() -> None:
    shelf = Shelf()
    ring = KeyRing(read_settings(), shelf)
    assert ring.is_open and not ring.is_known
    await ring.refresh()
    assert ring.is_open and ring.is_known
    shelf.keys = (revoke_key(create_key(KeyRequest((Role.ADMIN,)), 0.0)[1], 1.0),)
    await ring.refresh()
    assert not ring.is_open, "revoking the last key does not open the service"


def test_a_service_for_other_machines_is_closed_before_its_keys_are_read() -> None:
    """It starts only because Redis has keys; that Redis may be gone when they are read."""
    assert not KeyRing(read_settings(host="0.0.0.0"), Shelf()).is_open
    assert KeyRing(read_settings(host="0.0.0.0", allow_anonymous=True), Shelf()).is_open


def test_a_file_of_keys_needs_one_even_before_it_is_read(tmp_path) -> None:
    assert not KeyRing(read_settings(), KeyFile(tmp_path / "keys.json")).is_open
    assert KeyRing(read_settings(), None).is_open


@pytest.mark.parametrize("error", [StateUnavailableError("away"), KeyStoreError("damaged")])
async def test_in_an_outage_the_last_known_keys_count(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    token, key = create_key(KeyRequest((Role.ADMIN,)), time.time())
    shelf = Shelf(key)
    ring = KeyRing(read_settings(), shelf)
    await ring.refresh()
    shelf.error = error
    for _ in range(3):
        assert await ring.try_refresh() == ()
    assert named(ring, [token]) == [key.key_id] and not ring.is_open
    assert [record.message for record in caplog.records] == ["keys cannot be read; the last known ones count"]
    shelf.error = None
    shelf.keys = ()
    assert await ring.try_refresh() == (key.key_id,)
    assert named(ring, [token]) == ["UNKNOWN"] and not ring.is_open, (
        "a store that lost its data opens nothing"
    )
