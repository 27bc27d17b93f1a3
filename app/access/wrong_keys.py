"""Cap the wrong keys of each peer. A right key of the same peer is accepted all the same."""

import time
from collections import OrderedDict
from collections.abc import Callable

from app.access.buckets import Level, Limit, charge, settle

MAX_PEERS = 10_000
"""Peers remembered; above, the one whose last wrong key is the longest ago is forgotten."""


class WrongKeyCap:
    """At most `per_minute` wrong keys of a peer at once, and as many a minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = Limit("wrong-keys", per_minute, 60)
        self._clock = clock
        self._peers: OrderedDict[str, Level] = OrderedDict()

    def count(self, peer: str) -> float:
        """Count a wrong key; 0, or the seconds until the peer may try the next one."""
        now = self._clock()
        level = settle(self._limit, self._peers.pop(peer, Level(0.0, now)), now)
        wait_s, self._peers[peer] = charge(self._limit, level, 1)
        if len(self._peers) > MAX_PEERS:
            self._peers.popitem(last=False)
        return wait_s

    def __len__(self) -> int:
        return len(self._peers)
