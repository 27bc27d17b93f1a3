"""The board of the replicas in the memory of this process: each process is alone with its board."""

from app.state.protocol.replicas import BundleOrder, Fleet, Replica


class MemoryReplicaBoard:
    """The ReplicaBoard in memory, for development and tests. A replica stays until it leaves."""

    def __init__(self) -> None:
        self._order: BundleOrder | None = None
        self._replicas: dict[str, Replica] = {}

    async def announce(self, replica: Replica) -> Fleet:
        """Record a replica; the fleet with it."""
        self._replicas[replica.replica_id] = replica
        return await self.read()

    async def read(self) -> Fleet:
        """The fleet."""
        return Fleet(self._order, tuple(self._replicas[replica_id] for replica_id in sorted(self._replicas)))

    async def order(self, order: BundleOrder, replica: Replica) -> None:
        """Replace the last order and record the replica that gives it."""
        self._order = order
        self._replicas[replica.replica_id] = replica

    async def leave(self, replica_id: str) -> None:
        """Remove a replica."""
        self._replicas.pop(replica_id, None)
