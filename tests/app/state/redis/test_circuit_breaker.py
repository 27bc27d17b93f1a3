"""The circuit breaker by hand: when it opens and closes, how long it pauses, and what it raises."""

import pytest

from app.state.protocol import StateUnavailableError, StoreFault
from app.state.redis.circuit_breaker import CircuitBreaker, CircuitSettings

SETTINGS = CircuitSettings(failures=3, first_pause_s=0.25, longest_pause_s=2.0)
LATE = StateUnavailableError("expected an answer from Redis, given TimeoutError", StoreFault.TIMEOUT)
AWAY = StateUnavailableError("expected an answer from Redis, given ConnectionError", StoreFault.UNREACHABLE)
FULL = StateUnavailableError("expected an answer from Redis, given OOM", StoreFault.OUT_OF_MEMORY)


def opened(changes: list[bool] | None = None, jitter: float = 0.0) -> CircuitBreaker:
    changes = [] if changes is None else changes
    breaker = CircuitBreaker(SETTINGS, changes.append, lambda: jitter)
    for error in (LATE, AWAY, LATE):
        assert not breaker.is_open
        breaker.check()
        breaker.record_failure(error)
    return breaker


def test_three_failures_in_a_row_open_it_and_the_first_answer_closes_it() -> None:
    changes: list[bool] = []
    breaker = opened(changes)
    breaker.record_failure(AWAY)  # of a call that was under way
    assert breaker.is_open and changes == [True]
    with pytest.raises(
        StateUnavailableError, match="given ConnectionError, a moment ago; not asked again"
    ) as caught:
        breaker.check()
    assert caught.value.fault is StoreFault.UNREACHABLE
    breaker.record_answer()
    breaker.record_answer()
    breaker.check()
    assert not breaker.is_open and changes == [True, False]


@pytest.mark.parametrize("between", ["answer", "refusal"])
def test_an_answer_between_failures_starts_the_count_again(between: str) -> None:
    breaker = CircuitBreaker(SETTINGS)
    for _ in range(3):
        breaker.record_failure(LATE)
        breaker.record_failure(LATE)
        if between == "answer":
            breaker.record_answer()
        else:
            breaker.record_failure(FULL)
    assert not breaker.is_open


def test_refusals_never_open_it_and_a_refused_probe_closes_it() -> None:
    breaker = CircuitBreaker(SETTINGS)
    for _ in range(10):
        breaker.record_failure(FULL)
    assert not breaker.is_open
    breaker = opened()
    breaker.record_failure(FULL)
    assert not breaker.is_open


@pytest.mark.parametrize(
    ("jitter", "pauses"),
    [
        (0.0, [0.25, 0.5, 1.0, 2.0, 2.0]),
        (1.0, [0.125, 0.25, 0.5, 1.0, 1.0]),
        (0.5, [0.1875, 0.375, 0.75, 1.5, 1.5]),
    ],
)
def test_pauses_double_up_to_the_longest_and_begin_again(jitter: float, pauses: list[float]) -> None:
    breaker = opened(jitter=jitter)
    assert [breaker.next_pause_s() for _ in pauses] == pauses
    breaker.record_answer()
    assert breaker.next_pause_s() == pauses[0]
