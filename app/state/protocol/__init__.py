"""The protocols of stored state: users, items, the event stream, and a store of all three."""

from app.state.protocol.errors import StateUnavailableError, StoreFullError
from app.state.protocol.events import EventStream, RecordedEvent, StreamEntry
from app.state.protocol.items import ItemStore, StoredItems
from app.state.protocol.store import StateStore
from app.state.protocol.users import StoredUser, UserStore

__all__ = [
    "EventStream",
    "ItemStore",
    "RecordedEvent",
    "StateStore",
    "StateUnavailableError",
    "StoreFullError",
    "StoredItems",
    "StoredUser",
    "StreamEntry",
    "UserStore",
]
