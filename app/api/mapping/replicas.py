"""Convert the replicas and their order into plain values."""

from typing import Any

from app.replica_set import ReplicaSet
from app.state.protocol import Replica


def replicas_answer(replica_set: ReplicaSet) -> list[dict[str, Any]]:
    """The value of a list of ReplicaAnswer: this replica first."""
    return [_replica_answer(replica) for replica in replica_set.list_replicas()]


def order_answer(replica_set: ReplicaSet) -> dict[str, Any] | None:
    """The value of an OrderAnswer; None if nothing was reloaded."""
    order = replica_set.order
    if order is None:
        return None
    return {
        "bundle": order.bundle,
        "model_version": order.model_version,
        "ordered_at": order.ordered_at,
        "shared": replica_set.is_order_shared,
    }


def _replica_answer(replica: Replica) -> dict[str, Any]:
    refused = replica.refused
    return {
        "id": replica.replica_id,
        "model_version": replica.model_version,
        "since": replica.since,
        "refused": None if refused is None else {"bundle": refused.bundle, "code": refused.code},
    }
