"""Asks /livez every 100 ms from a process of its own, and writes each wait to a file.

python -m tests.faults.generated.liveness URL FILE
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np

PERIOD_S = 0.1
ALLOWED_MS = 100.0
"""How much longer than the longest calm wait one may be."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Waits of one span, in milliseconds."""

    count: int
    p50: float
    p99: float
    worst: float

    @classmethod
    def of(cls, waits_ms: list[float]) -> "Waits":
        """Summarise at least one wait."""
        p50, p99, worst = np.percentile(waits_ms, [50, 99, 100]).round(2).tolist()
        return cls(len(waits_ms), p50, p99, worst)


@dataclass(frozen=True, slots=True)
class Liveness:
    """The waits that the process has written so far."""

    path: Path

    def read(self, start: int = 0) -> list[float]:
        """The waits from a position on, in milliseconds."""
        return [float(line) for line in self.path.read_text().split("\n")[start:-1]]


@contextmanager
def watching(url: str, path: Path) -> Iterator[Liveness]:
    """Ask in the block."""
    path.write_text("")
    process = subprocess.Popen([sys.executable, "-m", "tests.faults.generated.liveness", url, str(path)])
    try:
        yield Liveness(path)
    finally:
        process.terminate()
        process.wait(30)


def main(url: str, path: Path) -> None:
    """Ask until the process is ended."""
    with httpx.Client(base_url=url, timeout=60) as client, path.open("a", buffering=1) as out:
        client.get("/livez").raise_for_status()
        while True:
            time.sleep(PERIOD_S)
            began = time.perf_counter()
            client.get("/livez").raise_for_status()
            out.write(f"{(time.perf_counter() - began) * 1000:.3f}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
