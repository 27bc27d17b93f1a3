"""The real service: `chorus serve` as a process of its own, with its embedded Redis, asked over real HTTP."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

DEADLINE_S = 120.0
"""For anything that is waited for: no test depends on how fast the machine is."""

HERE = Path(__file__).parents[2]


def until(what: str, holds: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
    """Wait until something holds."""
    limit = time.monotonic() + deadline_s
    while not holds():
        assert time.monotonic() < limit, f"expected within {deadline_s} s that {what}"
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether a process is there and not just waiting to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@dataclass
class Running:
    """One service."""

    process: subprocess.Popen[bytes]
    http: httpx.Client
    state_dir: Path
    out: Path
    log: Path

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/")

    @property
    def redis_pid(self) -> int:
        """Its embedded Redis: its only child."""
        (pid,) = self.children
        return pid

    @property
    def children(self) -> list[int]:
        """The processes that it has started and that are still there."""
        paths = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        return [int(pid) for path in paths for pid in path.read_text().split()]

    def is_ready(self) -> bool:
        """Whether /readyz says so; fails where the process has ended."""
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """The answer to a body, which must be a 200."""
        response = self.http.post(path, json=body)
        assert response.status_code == httpx.codes.OK, response.text
        return response.json()

    def recommend(self, **body: Any) -> dict[str, Any]:
        return self.post("/v1/recommend", **body)

    def ids(self, **body: Any) -> list[str]:
        """The items of a recommendation."""
        return [item["item_id"] for item in self.recommend(**body)["items"]]

    def rank(self, **body: Any) -> dict[str, dict[str, Any]]:
        """Item id -> item, best first."""
        return {item["item_id"]: item for item in self.post("/v1/rank", **body)["items"]}

    def tell(self, user_id: str, item_id: str, action: str = "like", **more: Any) -> None:
        """Post one event, which must be accepted."""
        event = {"user_id": user_id, "item_id": item_id, "action": action, **more}
        assert self.post("/v1/events", events=[event])["accepted"] == 1

    def events_of(self, user_id: str) -> list[str]:
        """The items of all that is known of a user; empty for a user of whom nothing is."""
        response = self.http.get(f"/v1/users/{user_id}")
        if response.status_code == httpx.codes.NOT_FOUND:
            return []
        assert response.status_code == httpx.codes.OK, response.text
        return [event["item_id"] for event in response.json()["events"]]

    def lines(self) -> list[dict[str, Any]]:
        """The log, every whole line of which is a JSON object."""
        return [json.loads(line) for line in self.log.read_text().split("\n")[:-1]]

    def end(self, sent: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end; the exit code."""
        self.process.send_signal(sent)
        return self.process.wait(DEADLINE_S)


Launch = Callable[..., Running]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def launching(folder: Path) -> Iterator[Launch]:
    """Starts services, each of which is ended when the block is left."""
    started: list[Running] = []

    def launch(
        bundle: Path, state_dir: Path, wait: bool = True, port: int | None = None, **settings: str
    ) -> Running:
        number, port = len(started), port or free_port()
        log, out = folder / f"{number}.log", folder / f"{number}.out"
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("CHORUS_", "PYTHON"))
        }
        command = [sys.executable, "-m", "app.cli", "serve", str(bundle), "--port", str(port)]
        with log.open("wb") as errors, out.open("wb") as said:
            process = subprocess.Popen(
                command,
                cwd=HERE,
                env=kept | {"CHORUS_STATE_DIR": str(state_dir), **settings},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
            )
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60)
        running = Running(process, client, state_dir, out, log)
        started.append(running)
        if wait:
            until("the service is ready", running.is_ready)
        return running

    try:
        yield launch
    finally:
        for running in started:
            running.http.close()
            if running.process.poll() is None:
                running.process.terminate()
        for running in started:
            try:
                running.process.wait(DEADLINE_S)
            finally:
                running.process.kill()


@dataclass
class Load:
    """Callers that ask without a pause until they are told to stop, and keep what was not as it should be."""

    url: str
    path: str = "/v1/recommend"
    body: Callable[[int], dict[str, Any]] = lambda number: {"user_id": f"u{number % 40}", "limit": 5}
    answers: list[httpx.Response] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @property
    def ok(self) -> int:
        return sum(answer.status_code == httpx.codes.OK for answer in self.answers)

    @contextmanager
    def running(self, callers: int = 2) -> Iterator["Load"]:
        threads = [threading.Thread(target=self._ask, args=(caller, callers)) for caller in range(callers)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def _ask(self, caller: int, callers: int) -> None:
        number = caller
        with httpx.Client(base_url=self.url, timeout=60) as client:
            while not self._stop.wait(0.005):
                try:
                    self.answers.append(client.post(self.path, json=self.body(number)))
                except httpx.TransportError as error:
                    self.failures.append(repr(error))
                    if isinstance(error, httpx.ConnectError):  # the service is gone
                        return
                number += callers


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start a service on a bundle and a state folder of the test's own."""
    with launching(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def launch_for_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launch]:
    """The same for what lives as long as its module's tests."""
    with launching(tmp_path_factory.mktemp("services")) as found:
        yield found


@pytest.fixture(scope="session")
def service(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One service for all tests that change nothing of it but users and items of their own.

    Without live statistics, as the events of one test would change the lists of another.
    """
    folder = tmp_path_factory.mktemp("service")
    with launching(folder) as found:
        yield found(trained, folder / "state", CHORUS_LIVE_STATISTICS="false")


@pytest.fixture
def wait_until() -> Callable[..., None]:
    return until


@pytest.fixture
def running() -> Callable[[int], bool]:
    """Whether a process is there."""
    return is_running


@pytest.fixture
def load() -> type[Load]:
    return Load


@pytest.fixture
def bundles(trained: Path, tmp_path: Path) -> Path:
    """A folder in which the bundle `first` lies, for a test to change and copy."""
    shutil.copytree(trained, tmp_path / "bundles" / "first")
    return tmp_path / "bundles"
