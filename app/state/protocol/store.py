"""Protocol of the store of users, items and the event stream."""

from typing import Protocol

from app.state.protocol.health import StoreHealth
from app.state.protocol.replicas import ReplicaBoard
from app.state.protocol.tenants import TenantStore


class StateStore(TenantStore, Protocol):
    """All state that the service keeps between requests: that of the default tenant, and ways to that of others."""

    @property
    def health(self) -> StoreHealth:
        """The health of the store, as its calls have found it."""

    @property
    def replicas(self) -> ReplicaBoard:
        """The board of the replicas that share the store."""

    def of_tenant(self, name: str) -> TenantStore:
        """The store of another tenant, over the same connections. Raises ValueError for a name that none can have."""

    async def installation_key(self, fresh: bytes) -> bytes:
        """The secret key that all replicas share; `fresh` becomes it if there is none.

        Raises StateUnavailableError, WrongPseudonymKeyError for a store that names its users by another key, and
        WrongStateKeyError for one whose values are sealed under another key.
        """

    async def close(self) -> None:
        """Close the connections."""
