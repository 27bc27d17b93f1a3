"""Call a blocking function for many inputs in a few threads, with the results in the order of the inputs."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Input = TypeVar("Input")
Result = TypeVar("Result")

AHEAD = 4
"""Inputs in work or waiting for their turn, for each thread."""


def call_in_threads(
    call: Callable[[Input], Result], inputs: Iterable[Input], threads: int
) -> Generator[Result]:
    """Yield the result of each input. What has not begun is given up where the results are no more asked for.

    Raises what a call raises.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="describe")
    waiting: deque[Future[Result]] = deque()
    try:
        for each in inputs:
            waiting.append(pool.submit(call, each))
            if len(waiting) >= threads * AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
