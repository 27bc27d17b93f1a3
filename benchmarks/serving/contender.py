"""A contender: a server process on the service's core, with its start-up time and memory."""

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.state.embedded.server import EmbeddedRedis
from benchmarks.serving.cores import Cores, pinned
from benchmarks.serving.memory import measure_cpu, measure_memory

READY_TIMEOUT_S = 600.0
POLL_S = 0.01
STOP_S = 30.0


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that answers."""

    name: str
    port: int
    pid: int
    ready_s: float
    """From the start of its process to the first 200 of /readyz."""

    def memory_mb(self) -> float:
        """The proportional resident memory of its processes, without Redis."""
        return measure_memory(self.pid)

    def cpu_s(self) -> float:
        """The processor seconds of its processes so far, without Redis."""
        return measure_cpu(self.pid)


@contextmanager
def open_contenders(bundle: Path, cores: Cores, names: tuple[str, ...]) -> Iterator[dict[str, Contender]]:
    """Start the named contenders over a bundle: chorus, floor, naive."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        with pinned(cores.service):
            redis = stack.enter_context(EmbeddedRedis(folder / "redis"))
        yield {
            name: stack.enter_context(start(name, bundle, redis.url, cores, folder / name)) for name in names
        }


@contextmanager
def start(name: str, bundle: Path, redis_url: str, cores: Cores, state: Path) -> Iterator[Contender]:
    """Start one contender and wait until it is ready; raises RuntimeError if that takes too long."""
    port = find_port()
    if name == "chorus":
        command = ["-m", "app.cli", "serve", str(bundle), "--port", str(port)]
    else:
        command = ["-m", f"benchmarks.serving.{name}", str(port), redis_url, str(bundle)]
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CHORUS_")}
    environment = kept | {"CHORUS_STATE_DIR": str(state), "CHORUS_LOG_LEVEL": "error"}
    began = time.perf_counter()
    log = state.with_suffix(".log")
    with pinned(cores.service), log.open("w") as stream:
        process = subprocess.Popen([sys.executable, *command], env=environment, stdout=stream, stderr=stream)
    try:
        wait_until_ready(port, process, log)
        yield Contender(name, port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def find_port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until /readyz answers 200; raises RuntimeError after READY_TIMEOUT_S or at the end of the process."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        if is_ready(port):
            return
        time.sleep(POLL_S)
    said = log.read_text().strip().splitlines() or ["nothing in its log"]
    raise RuntimeError(f"expected {process.args!r} to be ready in {READY_TIMEOUT_S:g} s, given: {said[-1]}")


def is_ready(port: int) -> bool:
    """Whether /readyz answers 200."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        client.request("GET", "/readyz")
        return client.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
