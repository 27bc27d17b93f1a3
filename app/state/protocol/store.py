"""Protocol of the store of users, items and the event stream."""

from typing import Protocol

from app.state.protocol.events import EventStream
from app.state.protocol.items import ItemStore
from app.state.protocol.users import UserStore


class StateStore(UserStore, ItemStore, EventStream, Protocol):
    """All state that the service keeps between requests."""

    async def close(self) -> None:
        """Close the connections."""
