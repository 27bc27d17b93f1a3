"""Where a kind of fault is tried: a bundle, a folder, and services."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from app.state.embedded.address import ADDRESS, REDIS_FOLDER
from tests.conftest import quiet_environment
from tests.e2e.conftest import Launch, Load, Running, until
from tests.faults.tally import Tally

SHARED = {
    "CHORUS_HEADER_TIMEOUT_S": "1",
    "CHORUS_BODY_TIMEOUT_S": "1",
    "CHORUS_MAX_PEER_CONNECTIONS": "200",
    "CHORUS_REDIS_TIMEOUT_S": "5",
    "CHORUS_COMPUTE_TIMEOUT_S": "20",
}
"""Limits that are soon reached, and patience with a slow machine."""


@dataclass(slots=True)
class Site:
    """The place of one kind of fault; `seconds` is how long callers load the service while it lasts."""

    bundle: Path
    folder: Path
    seconds: float
    launch: Launch
    shared: Running
    """A service for the kinds that leave it as they found it."""
    _states: list[Path] = field(default_factory=list)

    def start(self, bundle: Path | None = None, state: Path | None = None, **settings: str) -> Running:
        """A ready service of this kind's own, on a new state folder unless one is given."""
        state = state or self.folder / f"state{len(self._states)}"
        self._states.append(state)
        return self.launch(bundle or self.bundle, state, **{"CHORUS_REDIS_TIMEOUT_S": "2", **settings})

    def copy(self, name: str) -> Path:
        """A new path in this kind's folder of bundles."""
        (self.folder / "bundles").mkdir(exist_ok=True)
        return self.folder / "bundles" / name

    def last(self) -> None:
        """Let the callers go on for this kind's time."""
        time.sleep(self.seconds)


def until_more(load: Load, more: int = 15) -> None:
    """Wait until this many more calls of a load are answered with 200, or a connection of it broke."""
    before = load.ok
    until("more calls are answered", lambda: load.ok >= before + more or load.failures)


@contextmanager
def bystander(service: Running, tally: Tally) -> Iterator[None]:
    """Somebody else who asks for recommendations in the block, and must get every one."""
    asking = Load(service.url)
    with asking.running(callers=1):
        until("the bystander is served", lambda: asking.ok or asking.failures)
        yield
    tally.take_load(asking)


@contextmanager
def administrating(service: Running) -> Iterator["redis.Redis"]:
    """A client of the service's own Redis."""
    url = (service.state_dir / REDIS_FOLDER / ADDRESS).read_text()
    with redis.Redis.from_url(url, decode_responses=True) as client:
        yield client


def run_command(*arguments: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command of `chorus` that has ended."""
    command = [sys.executable, "-m", "app.cli", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=quiet_environment() | settings, timeout=300
    )
