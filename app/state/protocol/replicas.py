"""Protocol of the replicas that share a store: the bundle that all must serve, and the one that each serves."""

from dataclasses import dataclass
from typing import Protocol

REPLICA_TTL_S = 10
"""A replica that was not announced for so many seconds counts as gone."""


@dataclass(frozen=True, slots=True)
class BundleOrder:
    """The order to serve a bundle, for all replicas."""

    order_id: str
    bundle: str  # the name in the folder of bundles
    model_version: str
    ordered_at: float  # Unix seconds


@dataclass(frozen=True, slots=True)
class Refusal:
    """An ordered bundle that a replica cannot serve; `code` is that of the API's error."""

    bundle: str
    code: str


@dataclass(frozen=True, slots=True)
class Replica:
    """One service process, and the bundle that it serves."""

    replica_id: str
    model_version: str
    since: float  # Unix seconds
    order_id: str | None = None  # the order that it follows, or is about to follow
    refused: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """The last order, if there is one, and the replicas that were announced lately, by id."""

    order: BundleOrder | None = None
    replicas: tuple[Replica, ...] = ()


class ReplicaBoard(Protocol):
    """Where replicas announce themselves and read the last order.

    Every method raises StateUnavailableError within its timeout, and never blocks the event loop.
    """

    async def announce(self, replica: Replica) -> Fleet:
        """Record a replica for REPLICA_TTL_S seconds; the fleet with it."""

    async def read(self) -> Fleet:
        """The fleet, without a write: a full or read-only store can still answer."""

    async def order(self, order: BundleOrder, replica: Replica) -> None:
        """Replace the last order and record the replica that gives it, in one atomic step."""

    async def leave(self, replica_id: str) -> None:
        """Remove a replica that ends."""
