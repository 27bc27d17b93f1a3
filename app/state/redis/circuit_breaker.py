"""Circuit breaker in front of Redis (Nygard, Release It!, 2007): after a few failures in a row, calls fail at once."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from app.state.protocol import StateUnavailableError, StoreFault

SILENCES = frozenset({StoreFault.TIMEOUT, StoreFault.UNREACHABLE})
"""Faults that open the circuit. Any other fault is an answer, which costs no time."""


@dataclass(frozen=True, slots=True)
class CircuitSettings:
    """When the circuit opens, and the pauses between two probes in seconds."""

    failures: int = 3  # in a row
    first_pause_s: float = 0.25
    longest_pause_s: float = 2.0


class CircuitBreaker:
    """Counts failures in a row. Open after `failures` of them, until the first answer.

    While it is open, one probe at a time asks Redis: wait for `next_pause_s`, probe, and record the result. The
    pauses double up to the longest; each is shortened by a random part of up to a half, so that the probes of
    replicas spread. `on_change` is called with True when the circuit opens, and with False when it closes.
    """

    def __init__(
        self,
        settings: CircuitSettings,
        on_change: Callable[[bool], None] = lambda _is_open: None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._on_change = on_change
        self._jitter = jitter
        self._failures = 0
        self._pause_s = settings.first_pause_s
        self._cause: StateUnavailableError | None = None

    @property
    def is_open(self) -> bool:
        """True while calls must fail at once."""
        return self._cause is not None

    def check(self) -> None:
        """Raise StateUnavailableError with the fault of the last failure if the circuit is open."""
        if self._cause is not None:
            raise StateUnavailableError(f"{self._cause}, a moment ago; not asked again", self._cause.fault)

    def record_answer(self) -> None:
        """Close the circuit: Redis has answered, be it with a refusal."""
        was_open, self._cause, self._failures = self.is_open, None, 0
        self._pause_s = self._settings.first_pause_s
        if was_open:
            self._on_change(False)

    def record_failure(self, error: StateUnavailableError) -> None:
        """Count a failed call. A refusal is an answer."""
        if error.fault not in SILENCES:
            self.record_answer()
            return
        self._failures += 1
        if self._failures < self._settings.failures:
            return
        was_open, self._cause = self.is_open, error
        if not was_open:
            self._on_change(True)

    def next_pause_s(self) -> float:
        """Seconds to wait before the next probe; the pause after that is twice as long, up to the longest."""
        pause_s = self._pause_s
        self._pause_s = min(2 * pause_s, self._settings.longest_pause_s)
        return pause_s * (1 - self._jitter() / 2)
