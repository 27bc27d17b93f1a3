"""The limits of connections, and the count of those that are open."""

from collections import Counter
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Limits of all connections and of each one; sizes in bytes, times in seconds."""

    max_header_bytes: int = 32 << 10
    """Size of a request's line and headers; more get 431."""
    header_timeout_s: float = 10.0
    """Time from the first byte of a request, or from the connection, to the end of the headers."""
    write_timeout_s: float = 30.0
    """How long a peer may leave an answer unread."""
    max_connections: int = 1024
    max_peer_connections: int = 512
    """Connections of one address: less than all, so that one peer cannot take every place."""


class OpenConnections:
    """Counts the open connections by peer address."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._by_peer: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._by_peer.total()

    def admit(self, peer: str) -> bool:
        """Count a connection of the peer; False, and not counted, if a limit is reached."""
        has_room = len(self) < self._limits.max_connections
        if not has_room or self._by_peer[peer] >= self._limits.max_peer_connections:
            return False
        self._by_peer[peer] += 1
        return True

    def release(self, peer: str) -> None:
        """Forget one admitted connection of the peer."""
        self._by_peer[peer] -= 1
        if self._by_peer[peer] <= 0:
            del self._by_peer[peer]
