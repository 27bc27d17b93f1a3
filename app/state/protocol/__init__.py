"""The protocols of stored state: users, items, the event stream, and a store of all three."""

from app.state.protocol.errors import StateUnavailableError, StoreFault, StoreFullError
from app.state.protocol.events import EventStream, RecordedEvent, StreamEntry
from app.state.protocol.health import StoreHealth
from app.state.protocol.items import ItemStore, StoredItems
from app.state.protocol.replicas import BundleOrder, Fleet, Refusal, Replica, ReplicaBoard
from app.state.protocol.store import StateStore
from app.state.protocol.users import StoredUser, UserStore

__all__ = [
    "BundleOrder",
    "EventStream",
    "Fleet",
    "ItemStore",
    "RecordedEvent",
    "Refusal",
    "Replica",
    "ReplicaBoard",
    "StateStore",
    "StateUnavailableError",
    "StoreFault",
    "StoreFullError",
    "StoreHealth",
    "StoredItems",
    "StoredUser",
    "StreamEntry",
    "UserStore",
]
