"""Measure the milliseconds of each stage of a request."""

import time


class StageClock:
    """Measures consecutive stages of one request; the times of a repeated stage are summed."""

    def __init__(self) -> None:
        self.took_ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def finish(self, stage: str) -> None:
        """Add the time since the last finished stage to this stage."""
        now = time.perf_counter()
        self.took_ms[stage] = self.took_ms.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now
