"""Milliseconds that each stage of a request took."""

import time


class StageClock:
    """Times the stages of one request in turn; a stage that runs twice is summed."""

    def __init__(self) -> None:
        self.took_ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def finish(self, stage: str) -> None:
        """Count the time since the last finished stage to this one."""
        now = time.perf_counter()
        self.took_ms[stage] = self.took_ms.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now
