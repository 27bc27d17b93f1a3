"""Replicas over one board: who follows which order, and what is ignored, refused, tried again or sent late."""

from collections.abc import Sequence

import pytest

from app.replica_set import RETRY_S, ReplicaSet
from app.state.memory.replicas import MemoryReplicaBoard
from app.state.protocol import BundleOrder, Fleet, Refusal, Replica, StateUnavailableError, StoreFault

MADE = "2025-01-01T00:00:00+00:00"
NOW = 1_763_740_800.0


class Clock:
    now = NOW

    def __call__(self) -> float:
        return self.now


class FragileBoard(MemoryReplicaBoard):
    """A board whose store may take no writes, as a full Redis does."""

    is_full = False

    async def announce(self, replica: Replica) -> Fleet:
        self._check()
        return await super().announce(replica)

    async def order(self, order: BundleOrder, replica: Replica) -> None:
        self._check()
        await super().order(order, replica)

    def _check(self) -> None:
        if self.is_full:
            raise StateUnavailableError("full", StoreFault.OUT_OF_MEMORY)


@pytest.fixture
def board() -> FragileBoard:
    return FragileBoard()


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def meet(board: FragileBoard, clock: Clock, count: int = 2) -> Sequence[ReplicaSet]:
    """Replicas that serve v1 and have been in contact."""
    replicas = [ReplicaSet(board, clock) for _ in range(count)]
    for replica in replicas:
        replica.serve("v1")
        await replica.exchange(MADE)
    return replicas


async def test_an_order_reaches_all_others_once(board: FragileBoard, clock: Clock) -> None:
    one, two, three = await meet(board, clock, 3)
    await one.give_order("films", "v2")
    assert one.find_due_order() is None and one.is_order_shared
    for other in (two, three):
        await other.exchange(MADE)
        order = other.find_due_order()
        assert order is not None and (order.bundle, order.model_version) == ("films", "v2")
        other.serve("v2")
        other.settle(order)
        await other.exchange(MADE)
        assert other.find_due_order() is None
    await one.exchange(MADE)
    assert {replica.model_version for replica in one.list_replicas()[1:]} == {"v2"}
    assert one.list_replicas()[0].replica_id == one.replica_id and len(one.list_replicas()) == 3


async def test_of_two_orders_at_once_all_follow_the_last(board: FragileBoard, clock: Clock) -> None:
    one, two = await meet(board, clock)
    await one.give_order("a", "va")
    await two.give_order("b", "vb")
    for replica in (one, two):
        await replica.exchange(MADE)
    due = one.find_due_order()
    assert due is not None and due.bundle == "b" and two.find_due_order() is None


async def test_an_order_that_came_while_one_was_followed_is_due(board: FragileBoard, clock: Clock) -> None:
    one, two = await meet(board, clock)
    await one.give_order("a", "va")
    await two.exchange(MADE)
    first = two.find_due_order()
    assert first is not None
    await one.give_order("b", "vb")
    await two.exchange(MADE)
    two.settle(first)
    two.refuse(first, "bad_bundle", "torn")
    second = two.find_due_order()
    assert second is not None and second.bundle == "b"


async def test_a_refused_order_is_named_and_tried_again(board: FragileBoard, clock: Clock) -> None:
    one, two = await meet(board, clock)
    await one.give_order("films", "v2")
    await two.exchange(MADE)
    order = two.find_due_order()
    assert order is not None
    two.refuse(order, "unknown_bundle", "none there")
    await two.exchange(MADE)
    await one.exchange(MADE)
    (told,) = one.list_replicas()[1:]
    assert (told.model_version, told.refused) == ("v1", Refusal("films", "unknown_bundle"))
    assert two.find_due_order() is None
    clock.now += RETRY_S
    assert two.find_due_order() == order
    two.settle(order)
    assert two.list_replicas()[0].refused is None


async def test_who_starts_follows_the_others_but_no_order_from_long_ago(
    board: FragileBoard, clock: Clock
) -> None:
    one, two = await meet(board, clock)
    await one.give_order("films", "v2")
    late = ReplicaSet(board, clock)
    due = await late.read_order(MADE)
    assert due is not None and due.bundle == "films"
    published_since = ReplicaSet(board, clock)
    assert await published_since.read_order("2025-11-21T16:00:01+00:00") is None
    for replica in (one, two):
        await replica.leave()
    alone = ReplicaSet(board, clock)
    assert await alone.read_order(MADE) is None
    alone.serve("v1")
    await alone.exchange(MADE)
    assert alone.find_due_order() is None and alone.order is None


async def test_an_order_is_given_here_at_once_and_shared_when_the_store_takes_it(
    board: FragileBoard, clock: Clock
) -> None:
    one, two = await meet(board, clock)
    board.is_full = True
    await one.give_order("films", "v2")
    assert one.order is not None and not one.is_order_shared
    for replica in (one, two):
        with pytest.raises(StateUnavailableError):
            await replica.exchange(MADE)
    assert one.find_due_order() is two.find_due_order() is None
    board.is_full = False
    await one.exchange(MADE)
    await two.exchange(MADE)
    due = two.find_due_order()
    assert one.is_order_shared and due is not None and due.bundle == "films"


async def test_an_order_is_read_from_a_store_that_takes_no_writes(board: FragileBoard, clock: Clock) -> None:
    one, two = await meet(board, clock)
    await one.give_order("films", "v2")
    board.is_full = True
    with pytest.raises(StateUnavailableError):
        await two.exchange(MADE)
    assert two.find_due_order() == one.order
