"""Results come in the order of their inputs, few inputs are in work at once, and a failure ends the calls."""

import threading
from collections.abc import Iterator
from itertools import islice

import pytest

from models.recipe.descriptions.parallel import AHEAD, call_in_threads


def test_results_keep_the_order_and_all_threads_work_at_once() -> None:
    together = threading.Barrier(3, timeout=30)

    def call(number: int) -> int:
        together.wait()  # breaks unless three calls run at once
        return number * number

    assert list(call_in_threads(call, range(12), 3)) == [number * number for number in range(12)]


def test_inputs_are_read_as_results_are_taken() -> None:
    read: list[int] = []

    def inputs() -> Iterator[int]:
        for number in range(1_000):
            read.append(number)
            yield number

    results = call_in_threads(lambda number: number, inputs(), 2)
    assert list(islice(results, 5)) == [0, 1, 2, 3, 4]
    results.close()
    assert len(read) <= 5 + 2 * AHEAD


def test_an_error_of_a_call_is_raised() -> None:
    def call(number: int) -> float:
        return 1 / number

    results = call_in_threads(call, [1, 0, 2], 2)
    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        list(results)
