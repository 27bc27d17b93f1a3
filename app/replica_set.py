"""This process among the replicas that share a store: the order that it follows, and what the others serve."""

import asyncio
import logging
import time
import uuid
from collections.abc import Callable
from datetime import datetime

from app.state.protocol import BundleOrder, Fleet, Refusal, Replica, ReplicaBoard, StateUnavailableError

LOG = logging.getLogger("chorus.replicas")
RETRY_S = 30.0
"""Seconds after which an order that could not be followed is tried again: its bundle may arrive late."""


class ReplicaSet:
    """The orders and the announcements of one replica.

    The last order counts for all replicas. The store of the first contact may have an order from long ago, which
    counts only if another replica follows it and no bundle was published since.
    """

    def __init__(self, board: ReplicaBoard, clock: Callable[[], float] = time.time) -> None:
        self.replica_id = uuid.uuid4().hex[:12]
        self._board = board
        self._clock = clock
        self._exchange = asyncio.Lock()  # so that no answer from before an order undoes that order
        self._fleet = Fleet()
        self._served = ("", clock())
        self._in_contact = False
        self._ignored_id: str | None = None
        self._order: BundleOrder | None = None
        self._is_settled = True
        self._refused: Refusal | None = None
        self._retry_at = 0.0
        self._unsent: BundleOrder | None = None

    @property
    def order(self) -> BundleOrder | None:
        """The order that this replica follows, or is about to follow."""
        return self._order

    @property
    def is_order_shared(self) -> bool:
        """False while the store has not taken the last order that was given here."""
        return self._unsent is None

    def list_replicas(self) -> list[Replica]:
        """This replica, then the others that were announced lately, by id."""
        others = (replica for replica in self._fleet.replicas if replica.replica_id != self.replica_id)
        return [self._describe(), *others]

    def serve(self, model_version: str) -> None:
        """Record the bundle that this replica serves from now on."""
        self._served = (model_version, self._clock())

    async def give_order(self, bundle: str, model_version: str) -> None:
        """Order all replicas to serve a bundle, which this one is about to serve.

        If the store is unavailable, the order is sent again with every exchange until the store takes it.
        """
        async with self._exchange:
            self._order = BundleOrder(uuid.uuid4().hex, bundle, model_version, self._clock())
            self._is_settled, self._refused = True, None
            self._unsent = self._order
            try:
                await self._send_order()
            except StateUnavailableError as error:
                fields = {"code": error.fault.value, "bundle": bundle}
                LOG.warning("the other replicas do not know the reload yet", extra={"fields": fields})

    async def exchange(self, created_at: str) -> None:
        """Announce this replica, and read the order and the other replicas. Raises StateUnavailableError.

        `created_at` is the time at which the bundle was made that is served without an order. A store that takes no
        writes is read all the same.
        """
        async with self._exchange:
            try:
                await self._send_order()
                self._see(await self._board.announce(self._describe()), created_at)
            except StateUnavailableError:
                self._fleet = Fleet()
                self._see(await self._board.read(), created_at)
                raise

    async def read_order(self, created_at: str) -> BundleOrder | None:
        """The order to follow at the start, before there is a bundle to announce; None without one or a store."""
        try:
            self._see(await self._board.read(), created_at)
        except StateUnavailableError:
            return None
        return self.find_due_order()

    async def leave(self) -> None:
        """Remove this replica from the board, if the store answers."""
        try:
            await self._board.leave(self.replica_id)
        except StateUnavailableError:
            LOG.warning("the store did not take the end of this replica")

    def find_due_order(self) -> BundleOrder | None:
        """The order that is not followed yet; None if there is none or it was refused a short time ago."""
        return None if self._is_settled or self._clock() < self._retry_at else self._order

    def settle(self, order: BundleOrder) -> None:
        """Record that the order is followed, unless another one came meanwhile."""
        if self._order == order:
            self._is_settled, self._refused = True, None

    def refuse(self, order: BundleOrder, code: str, reason: str) -> None:
        """Record that the order cannot be followed, until it is tried again."""
        fields = {"bundle": order.bundle, "code": code, "reason": reason}
        LOG.error("an ordered bundle was refused", extra={"fields": fields})
        if self._order == order:
            self._refused, self._retry_at = Refusal(order.bundle, code), self._clock() + RETRY_S

    async def _send_order(self) -> None:
        if self._unsent is not None:
            await self._board.order(self._unsent, self._describe())
            self._unsent = None

    def _describe(self) -> Replica:
        order_id = None if self._order is None else self._order.order_id
        return Replica(self.replica_id, *self._served, order_id=order_id, refused=self._refused)

    def _see(self, fleet: Fleet, created_at: str) -> None:
        """Keep the fleet, and accept its order if it is new."""
        order, is_first = fleet.order, not self._in_contact
        self._fleet, self._in_contact = fleet, True
        known_ids = {self._ignored_id, None if self._order is None else self._order.order_id}
        if order is None or order.order_id in known_ids or self._unsent is not None:
            return
        if is_first and not self._is_in_force(order, created_at):
            self._ignored_id = order.order_id
            return
        self._order, self._is_settled, self._refused, self._retry_at = order, False, None, 0.0

    def _is_in_force(self, order: BundleOrder, created_at: str) -> bool:
        is_followed = any(
            replica.order_id == order.order_id and replica.replica_id != self.replica_id
            for replica in self._fleet.replicas
        )
        return is_followed and _to_moment(created_at) <= order.ordered_at


def _to_moment(created_at: str) -> float:
    """Unix seconds of a manifest's time; 0 if it is not a time."""
    try:
        return datetime.fromisoformat(created_at).timestamp()
    except ValueError:
        return 0.0
