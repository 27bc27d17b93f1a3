"""Run `chorus serve` in a subprocess for a benchmark, on a free port and with empty state."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

READY_TIMEOUT_S = 60


@contextmanager
def serve(bundle: Path, settings: Mapping[str, str] | None = None) -> Iterator[httpx.Client]:
    """A client of `chorus serve BUNDLE`; raises RuntimeError if the service is not ready in time.

    `settings` are environment variables over those of this process and of the benchmark.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as state:
        command = [sys.executable, "-m", "app.cli", "serve", str(bundle), "--port", str(port)]
        environment = os.environ | {"CHORUS_STATE_DIR": state, "CHORUS_LOG_LEVEL": "error"}
        environment |= settings or {}
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
                wait_until_ready(client, process)
                yield client
        finally:
            process.terminate()
            process.wait(timeout=30)


def wait_until_ready(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    """Wait until /readyz answers 200; raises RuntimeError after READY_TIMEOUT_S."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"expected a ready service within {READY_TIMEOUT_S} s, given none")
