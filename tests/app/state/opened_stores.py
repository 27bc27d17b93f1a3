"""Stores with different keys over one Redis, and what the tests of encryption put into them and ask."""

from dataclasses import replace

from app.state.protocol import RecordedEvent, TenantStore
from app.state.pseudonyms import Pseudonyms
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.state.state_keys import StateKeys
from models.contract.events import Event

KEYS, NEW = StateKeys(b"s" * 32), StateKeys(b"n" * 32, (b"s" * 32,))


class Opened:
    """Opens stores over the Redis of the test, which are closed at its end."""

    def __init__(self, settings: RedisSettings, corrupt_values: list[None]) -> None:
        self._settings = settings
        self._corrupt_values = corrupt_values
        self.all: list[RedisStore] = []

    def __call__(self, keys: StateKeys | None, pseudonyms: Pseudonyms | None = None) -> RedisStore:
        settings = replace(self._settings, state_keys=keys, pseudonyms=pseudonyms)
        self.all.append(RedisStore(settings, lambda: self._corrupt_values.append(None)))
        return self.all[-1]


def viewed(user_id: str, number: int, event_id: str | None = None) -> RecordedEvent:
    return RecordedEvent(user_id, Event(str(number), "view", float(number)), event_id)


async def item_ids(store: TenantStore, user_id: str = "u") -> list[str]:
    return [event.item_id for event in (await store.read(user_id)).state.events]
