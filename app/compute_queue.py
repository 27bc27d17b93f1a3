"""The compute threads, with a queue that admits work by the time it would wait.

A queue that is longer than its callers' patience makes the service compute only answers that nobody reads. So work is
refused at once if the queue before it, in seconds, is longer than its deadline allows, and is dropped if its caller
has left (M. Nygard, Release It!, 2nd ed., "Shed Load").

A request takes a place when it has arrived, before its work is in the queue. A burst would otherwise be admitted as a
whole, since the event loop reads all of it before it works on the first.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from app.errors import CallerLeftError, OverloadedError

Result = TypeVar("Result")
Clock = Callable[[], float]

HEADROOM = 0.5
"""The part of a caller's patience that the expected wait may take. The rest is for reading the user's state, for the
computation and for errors of the estimate: a full queue would otherwise compute answers that come just too late."""
FIRST_ESTIMATE_S = 0.01
"""The estimated seconds of a kind of work that has not run yet."""
SMOOTHING = 0.1
"""The weight of the latest duration in the moving average."""
ANY = ""
"""The kind of work that is not known yet."""
PREFETCHED = 1
"""Tasks beyond the threads that are handed over early, so that no thread waits for the event loop."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long the caller of one request waits: until `deadline`, in the queue's clock, or until it has left."""

    deadline: float
    has_left: Callable[[], Awaitable[bool]]
    is_new: bool = (
        False  # the request has just arrived: whether its caller has left is asked only after a wait
    )


class Place:
    """A request that was admitted and whose work is not in the queue yet: it counts among the work before others."""

    __slots__ = ("_leave", "arrived")

    def __init__(self, arrived: float, leave: Callable[[], None]) -> None:
        self.arrived = arrived
        self._leave: Callable[[], None] | None = leave

    @property
    def is_taken(self) -> bool:
        """True until it is given up."""
        return self._leave is not None

    def give_up(self) -> None:
        """Count no longer: the work is in the queue, or the request ended without. A second call does nothing."""
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


class ComputeQueue:
    """Runs work in `threads` threads, in the order of its arrival. Durations are in seconds."""

    def __init__(self, threads: int, clock: Clock = time.monotonic) -> None:
        self.clock = clock
        self._threads = threads
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="compute")
        self._permits = asyncio.Semaphore(threads + PREFETCHED)
        self._mean_s: dict[str, float] = {}
        self._backlog_s = 0.0
        self._arrived_s = 0.0

    def expected_wait_s(self) -> float:
        """How long work that arrives now would wait, by the recent durations of the work before it."""
        return self._wait_for(self._backlog_s + self._arrived_s)

    def _wait_for(self, work_s: float) -> float:
        """How long work of this duration takes all threads; sums of floats may fall below 0."""
        return max(0.0, work_s / self._threads)

    def take_place(self) -> Place:
        """A place for a request that was checked, until it is given up."""
        estimate_s = self._mean_s.get(ANY, FIRST_ESTIMATE_S)
        self._arrived_s += estimate_s

        def leave() -> None:
            self._arrived_s -= estimate_s

        return Place(self.clock(), leave)

    def check(self, remaining_s: float) -> None:
        """Raise OverloadedError if the expected wait takes more than HEADROOM of `remaining_s`."""
        self._check(self.expected_wait_s(), remaining_s)

    @staticmethod
    def _check(wait_s: float, remaining_s: float) -> None:
        if wait_s > HEADROOM * remaining_s:
            raise OverloadedError(
                f"expected an answer within {remaining_s:.3g} s, given a queue of {wait_s:.3g} s",
                wait_s=wait_s - HEADROOM * remaining_s,
            )

    async def run(self, kind: str, work: Callable[[], Result], patience: Patience) -> Result:
        """The result of the work. `kind` names work of similar duration.

        Raises OverloadedError if it would not start, or has not started, before the deadline, and CallerLeftError.
        """
        # Places are left out: they are of requests that came later.
        self._check(self._wait_for(self._backlog_s), patience.deadline - self.clock())
        estimate_s = self._mean_s.get(kind, FIRST_ESTIMATE_S)
        self._backlog_s += estimate_s
        try:
            has_waited = self._permits.locked()
            await self._wait_for_permit(patience)
            try:
                if (has_waited or not patience.is_new) and await patience.has_left():
                    raise CallerLeftError("The caller left before its answer was computed")
                result, took_s = await self._run_timed(work)
            finally:
                self._permits.release()
        finally:
            self._backlog_s -= estimate_s
        for name in (kind, ANY):
            mean_s = self._mean_s.get(name, took_s)
            self._mean_s[name] = mean_s + SMOOTHING * (took_s - mean_s)
        return result

    def close(self) -> None:
        """End the threads after their present work."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _wait_for_permit(self, patience: Patience) -> None:
        if not self._permits.locked():
            await self._permits.acquire()
            return
        try:
            async with asyncio.timeout(max(0.0, patience.deadline - self.clock())):
                await self._permits.acquire()
        except TimeoutError as error:
            raise OverloadedError("No compute thread was free before the deadline") from error

    async def _run_timed(self, work: Callable[[], Result]) -> tuple[Result, float]:
        def run() -> tuple[Result, float]:
            started = time.perf_counter()
            result = work()
            return result, time.perf_counter() - started

        return await asyncio.get_running_loop().run_in_executor(self._executor, run)
