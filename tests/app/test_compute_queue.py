"""The compute queue: work leaves the event loop, waits no longer than its caller, and is dropped for one who left."""

import asyncio
import threading

import pytest

from app.compute_queue import FIRST_ESTIMATE_S, ComputeQueue, Patience
from app.errors import CallerLeftError, OverloadedError


class Clock:
    """A clock that a test moves, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def _stay() -> bool:
    return False


async def _leave() -> bool:
    return True


def _patience(seconds: float) -> Patience:
    return Patience(seconds, _stay)


async def test_work_runs_in_another_thread_and_its_errors_come_back() -> None:
    queue = ComputeQueue(1, Clock())
    assert await queue.run("a", threading.get_ident, _patience(1)) != threading.get_ident()
    with pytest.raises(ZeroDivisionError):
        await queue.run("a", lambda: 1 // 0, _patience(1))
    assert queue.expected_wait_s() == 0


async def test_the_expected_wait_is_the_work_ahead_over_the_threads() -> None:
    """Two held tasks of unknown kind are 2 x 0.01 s of work: 0.01 s for each of two threads."""
    queue = ComputeQueue(2, Clock())
    leave = threading.Event()
    held = [asyncio.create_task(queue.run("a", lambda: leave.wait(10), _patience(1))) for _ in range(2)]
    await asyncio.sleep(0)
    assert queue.expected_wait_s() == pytest.approx(FIRST_ESTIMATE_S)
    with pytest.raises(OverloadedError) as refused:
        await queue.run("a", lambda: 1, _patience(FIRST_ESTIMATE_S / 2))
    assert refused.value.headers() == {"retry-after": "1"}
    leave.set()
    assert await asyncio.gather(*held) == [True, True]
    assert await queue.run("a", lambda: 7, _patience(FIRST_ESTIMATE_S / 2)) == 7


async def test_the_wait_may_take_half_of_the_patience() -> None:
    """One held task is 0.01 s of work: too long for a patience of 0.019 s, and not for one of 0.021 s."""
    queue = ComputeQueue(1, Clock())
    leave = threading.Event()
    held = asyncio.create_task(queue.run("a", lambda: leave.wait(10), _patience(1)))
    await asyncio.sleep(0)
    queue.check(2.1 * FIRST_ESTIMATE_S)
    with pytest.raises(OverloadedError):
        queue.check(1.9 * FIRST_ESTIMATE_S)
    leave.set()
    assert await held


async def test_the_refusal_says_when_to_come_back() -> None:
    queue = ComputeQueue(1, Clock())
    leave = threading.Event()
    count = 300
    held = [asyncio.create_task(queue.run("a", lambda: leave.wait(10), _patience(60))) for _ in range(count)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError) as refused:  # 300 x 0.01 s of work, and 0.5 s of patience
        queue.check(0.5)
    assert refused.value.headers() == {"retry-after": "3"}
    leave.set()
    await asyncio.gather(*held)


async def test_a_place_counts_among_the_work_until_it_is_given_up() -> None:
    """A request whose kind of work is not known yet is 0.01 s of work, however often its place is given up."""
    clock = Clock()
    queue = ComputeQueue(1, clock)
    clock.now = 7.0
    first, second = queue.take_place(), queue.take_place()
    assert first.arrived == 7.0
    assert queue.expected_wait_s() == pytest.approx(2 * FIRST_ESTIMATE_S)
    for _ in range(2):
        first.give_up()
    assert (first.is_taken, second.is_taken) == (False, True)
    assert queue.expected_wait_s() == pytest.approx(FIRST_ESTIMATE_S)
    second.give_up()
    assert queue.expected_wait_s() == 0


async def test_work_does_not_wait_for_the_places_of_those_who_came_later() -> None:
    queue = ComputeQueue(1, Clock())
    places = [queue.take_place() for _ in range(100)]
    with pytest.raises(OverloadedError):
        queue.check(1)
    assert await queue.run("a", lambda: 7, _patience(1)) == 7
    for place in places:
        place.give_up()


async def test_work_that_waits_in_vain_is_refused_at_its_deadline() -> None:
    """The first two tasks take the thread and its one prefetched place."""
    queue = ComputeQueue(1)
    leave = threading.Event()
    patient = Patience(queue.clock() + 60, _stay)
    held = [asyncio.create_task(queue.run("a", lambda: leave.wait(10), patient)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError):
        await queue.run("a", lambda: 1, Patience(queue.clock() + 0.05, _stay))
    leave.set()
    await asyncio.gather(*held)
    assert queue.expected_wait_s() == 0


async def test_whether_a_new_caller_has_left_is_asked_after_a_wait_alone() -> None:
    """The thread and its one prefetched place are free for the first two, and taken for the third."""
    queue = ComputeQueue(1, Clock())
    leave = threading.Event()
    new = Patience(60, _leave, is_new=True)
    held = [asyncio.create_task(queue.run("a", lambda: leave.wait(10), new)) for _ in range(3)]
    await asyncio.sleep(0)
    leave.set()
    first, second, third = await asyncio.gather(*held, return_exceptions=True)
    assert (first, second) == (True, True) and isinstance(third, CallerLeftError)


async def test_work_of_a_caller_who_left_is_not_done() -> None:
    queue = ComputeQueue(1, Clock())
    done: list[int] = []
    with pytest.raises(CallerLeftError):
        await queue.run("a", lambda: done.append(1), Patience(1, _leave))
    assert not done
    assert queue.expected_wait_s() == 0
    assert await queue.run("a", lambda: 2, _patience(1)) == 2
