"""Protocol of the store of users, items and the event stream."""

from typing import Protocol

from app.state.protocol.events import EventStream
from app.state.protocol.health import StoreHealth
from app.state.protocol.items import ItemStore
from app.state.protocol.replicas import ReplicaBoard
from app.state.protocol.users import UserStore


class StateStore(UserStore, ItemStore, EventStream, Protocol):
    """All state that the service keeps between requests."""

    @property
    def health(self) -> StoreHealth:
        """The health of the store, as its calls have found it."""

    @property
    def replicas(self) -> ReplicaBoard:
        """The board of the replicas that share the store."""

    async def installation_key(self, fresh: bytes) -> bytes:
        """The secret key that all replicas share; `fresh` becomes it if there is none. Raises StateUnavailableError."""

    async def close(self) -> None:
        """Close the connections."""
