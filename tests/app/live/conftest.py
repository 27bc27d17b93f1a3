"""Tenants over the trained shop and a store in memory, whose users take items now."""

import time
from collections.abc import Awaitable, Callable

import pytest

from app.bundle.bundle import LoadedBundle
from app.installation_key import InstallationKey
from app.live.statistics import LiveStatistics
from app.state.memory.store import MemoryStore
from app.state.protocol import RecordedEvent
from app.tenant import Tenant
from models.contract.events import Event

Take = Callable[..., Awaitable[None]]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def make_tenant(store: MemoryStore) -> Callable[[str], Tenant]:
    """A tenant without a bundle."""

    def make(name: str) -> Tenant:
        own = store.of_tenant(name) if name else store
        return Tenant(name, own, InstallationKey(store), live=LiveStatistics(own.live))

    return make


@pytest.fixture
async def tenant(make_tenant: Callable[[str], Tenant], learnt: LoadedBundle) -> Tenant:
    """The default tenant, with a bundle of its own."""
    made = make_tenant("")
    await made.open(learnt.fork())
    return made


@pytest.fixture
def take() -> Take:
    """So many users like some items, one after the other, and the tenant learns of it."""

    async def take(tenant: Tenant, *item_ids: str, users: int, action: str = "like") -> None:
        now = time.time()
        records = [
            RecordedEvent(f"live-{user}", Event(item_id, action, now))
            for user in range(users)
            for item_id in item_ids
        ]
        await tenant.append(records, now)
        await tenant.refresh_live()

    return take
