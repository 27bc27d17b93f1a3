"""The health of a store: its present fault, since when, and a log line for each new fault."""

import logging
import time
from collections.abc import Callable

from app.state.protocol.errors import StateUnavailableError, StoreFault

LOG = logging.getLogger("chorus.store")
REMIND_S = 60.0
"""Seconds after which a fault that lasts is logged again."""


class StoreHealth:
    """The present fault of a store. `fault` is None for a healthy store; `since` is the time of the last change.

    Any failed call reports a fault. Only a successful write ends it, since a full or read-only store still reads.
    `on_failure` is called for each failed call. `circuit_open` is True while calls fail at once, without being sent;
    `on_circuit` is called with each new value.
    """

    def __init__(
        self,
        on_failure: Callable[[StoreFault], None] = lambda _fault: None,
        clock: Callable[[], float] = time.time,
        on_circuit: Callable[[bool], None] = lambda _is_open: None,
    ) -> None:
        self._on_failure = on_failure
        self._clock = clock
        self._on_circuit = on_circuit
        self._logged: dict[StoreFault, float] = {}
        self.fault: StoreFault | None = None
        self.since = clock()
        self.circuit_open = False

    def record_failure(self, error: StateUnavailableError) -> None:
        """Count a failed call; log it if its fault was not logged within the last minute."""
        now = self._clock()
        self._on_failure(error.fault)
        if self.fault is None:
            self.since = now
        self.fault = error.fault
        if now - self._logged.get(error.fault, -REMIND_S) >= REMIND_S:
            self._logged[error.fault] = now
            fields = {"code": error.fault.value, "reason": str(error)}
            LOG.error("the store failed", extra={"fields": fields})

    def record_success(self) -> None:
        """End the present fault after a successful write."""
        if self.fault is None:
            return
        now = self._clock()
        fields = {"code": self.fault.value, "failed_s": round(now - self.since, 3)}
        LOG.warning("the store works again", extra={"fields": fields})
        self._logged.clear()
        self.fault, self.since = None, now

    def record_circuit(self, is_open: bool) -> None:
        """Note and log that the circuit in front of the store has opened or closed."""
        self.circuit_open = is_open
        self._on_circuit(is_open)
        LOG.warning("the circuit is open" if is_open else "the circuit is closed")
