"""The cores of the benchmark: one for the services in turn and their Redis, one for the load generator."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TOPOLOGY = Path("/sys/devices/system/cpu")


@dataclass(frozen=True, slots=True)
class Cores:
    """A logical core for the service and one for the generator; None where processes cannot be pinned."""

    service: int | None
    generator: int | None
    notes: tuple[str, ...] = ()

    @property
    def are_shared(self) -> bool:
        """True if the generator takes time from the service."""
        return self.service == self.generator


def choose_cores() -> Cores:
    """The first core of this process, and the last one that does not share its physical core, if there is one."""
    if sys.platform != "linux":
        return Cores(None, None, ("not pinned: only Linux pins a process to a core",))
    allowed = sorted(os.sched_getaffinity(0))
    return pick_cores(allowed, read_siblings(allowed[0]))


def pick_cores(allowed: list[int], siblings: frozenset[int]) -> Cores:
    """The cores of a machine with these logical cores, of which `siblings` share the first one's physical core."""
    service = allowed[0]
    if len(allowed) == 1:
        return Cores(service, service, ("one core: the generator takes time from the service",))
    apart = [core for core in allowed if core not in siblings]
    if apart:
        return Cores(service, apart[-1])
    return Cores(
        service, allowed[-1], ("the cores are two threads of one physical core, which slows the service",)
    )


def read_siblings(core: int) -> frozenset[int]:
    """The logical cores on the physical core of `core`; itself alone where the system does not say."""
    path = TOPOLOGY / f"cpu{core}" / "topology" / "thread_siblings_list"
    try:
        return parse_list(path.read_text())
    except OSError:
        return frozenset({core})


def parse_list(text: str) -> frozenset[int]:
    """The numbers of a list such as 0-1,4."""
    ranges = [part.split("-") for part in text.strip().split(",")]
    return frozenset(core for ends in ranges for core in range(int(ends[0]), int(ends[-1]) + 1))


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Run the block on one core. Processes and threads that it starts stay there."""
    if core is None or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
