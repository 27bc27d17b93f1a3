"""The time limit of the evaluation: no expensive baseline is begun once a third of it is used."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

BEGIN_SHARE = 0.35
"""The rest is left for the last baseline, which is the most expensive, and for measuring the lists and heads."""
LEAST_SECONDS = 60.0
"""The limit of a job that sets none, if training was shorter: small data leave no baseline out."""


@dataclass(slots=True)
class TimeLimit:
    """A limit in seconds that begins when the object is made; the clock is in seconds."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    @property
    def elapsed(self) -> float:
        """Seconds since the beginning."""
        return self.clock() - self.began

    def is_used_up(self) -> bool:
        """True once the share in which a baseline may begin is over."""
        return self.elapsed > BEGIN_SHARE * self.seconds


def limit_seconds(max_minutes: float | None, training_seconds: float) -> float:
    """The evaluation's limit: the job's, or as long as training took and at least LEAST_SECONDS."""
    return max(training_seconds, LEAST_SECONDS) if max_minutes is None else 60 * max_minutes
