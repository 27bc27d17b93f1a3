"""The key of the installation: shared through the store, with a substitute as long as the store fails."""

from app.installation_key import KEY_BYTES, InstallationKey
from app.state.memory.store import MemoryStore
from app.state.protocol import StateUnavailableError


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
