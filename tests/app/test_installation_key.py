"""The key of the installation: shared through the store, with a substitute as long as the store fails."""

import pytest

from app.installation_key import KEY_BYTES, InstallationKey
from app.state.memory.store import MemoryStore
from app.state.protocol import StateUnavailableError
from app.state.pseudonyms import WrongPseudonymKeyError


class FailingStore(MemoryStore):
    """Fails until it is told to answer."""

    fails = True

    async def installation_key(self, fresh: bytes) -> bytes:
        if self.fails:
            raise StateUnavailableError("redis")
        return await super().installation_key(fresh)


async def test_two_replicas_share_the_key() -> None:
    store = MemoryStore()
    first = await InstallationKey(store).get()
    assert len(first) == KEY_BYTES
    assert await InstallationKey(store).get() == first


async def test_the_substitute_stays_the_same_until_the_store_answers() -> None:
    store = FailingStore()
    key = InstallationKey(store)
    substitute = await key.get()
    assert await key.get() == substitute and len(substitute) == KEY_BYTES
    store.fails = False
    shared = await key.get()
    assert shared != substitute
    assert shared == await store.installation_key(b"")


async def test_a_store_that_was_away_and_has_another_key_of_pseudonyms_is_refused_once_it_answers() -> None:
    class Store(FailingStore):
        asked = 0

        async def installation_key(self, fresh: bytes) -> bytes:
            self.asked += 1
            if self.asked == 3:
                raise WrongPseudonymKeyError
            return await super().installation_key(fresh)

    store = Store()
    with pytest.raises(WrongPseudonymKeyError):
        await InstallationKey(store).settle(pause_s=0)
    assert store.asked == 3


async def test_a_settled_key_is_that_of_the_store() -> None:
    store = FailingStore()
    key = InstallationKey(store)
    substitute = await key.get()
    store.fails = False
    await key.settle(pause_s=0)
    store.fails = True
    assert await key.get() != substitute
