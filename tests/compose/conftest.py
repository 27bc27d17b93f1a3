"""The stack of docker-compose.yml under a name and a port of its own, for the checks in stack.py."""

import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]
BUILD_SECONDS = 480.0
UP_SECONDS = 900.0  # one training run, on a machine that others use
READY_SECONDS = 90.0
COMMAND_SECONDS = 60.0


@dataclass(frozen=True)
class Stack:
    """One compose project: its commands, and HTTP to its service."""

    compose: tuple[str, ...]
    project: str
    port: int
    http: httpx.Client

    def run(self, *arguments: str, seconds: float = COMMAND_SECONDS, **choice: str) -> None:
        """A compose command with variables; raises CalledProcessError if it fails, TimeoutExpired if it hangs."""
        command, environment = self._command(*arguments)
        subprocess.run(command, cwd=ROOT, env=environment | choice, check=True, timeout=seconds)

    def inside(self, service: str, shell: str) -> "subprocess.CompletedProcess[str]":
        """A shell command in a service's container; its exit status and output are the caller's to judge."""
        command, environment = self._command("exec", "-T", service, "sh", "-c", shell)
        return subprocess.run(
            command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=30
        )

    def _command(self, *arguments: str) -> tuple[list[str], dict[str, str]]:
        command = [*self.compose, "--project-name", self.project, *arguments]
        return command, {**os.environ, "PORT": str(self.port)}

    def health(self, service: str) -> str:
        """What the engine says of a service's container: starting, healthy or unhealthy."""
        label = f"label=com.docker.compose.service={service}"
        project = f"label=com.docker.compose.project={self.project}"
        found = _docker("ps", "--quiet", "--filter", label, "--filter", project)
        return _docker("inspect", "--format", "{{.State.Health.Status}}", found)

    def wait_ready(self) -> None:
        """Until /readyz answers 200; fails after READY_SECONDS."""
        self.wait_for("/readyz answers 200", self._ready)

    def wait_for(self, what: str, holds: Callable[[], object]) -> None:
        """Until `holds()` is true; fails after READY_SECONDS."""
        deadline = time.monotonic() + READY_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"expected that {what} within {READY_SECONDS:.0f} s, given that it did not")
            time.sleep(0.2)

    def _ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def post(self, path: str, **body: Any) -> dict[str, Any]:
        """The answer of a POST that must succeed."""
        response = self.http.post(path, json=body)
        assert response.status_code == httpx.codes.OK, response.text
        return dict(response.json())


def _docker(*arguments: str) -> str:
    command = ["docker", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


def compose_command() -> tuple[str, ...]:
    """docker-compose where it is installed, else the engine's own compose plugin."""
    return ("docker-compose",) if shutil.which("docker-compose") else ("docker", "compose")


def free_port() -> int:
    """A port of the loopback that nobody listens on right now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def give_redis_its_folder(stack: Stack) -> None:
    """Make user 999 the owner of the volume: the official redis:7 has done so, others not."""
    stack.run("up", "--no-start", "redis")  # containers of the other services take a minute to make
    volume = f"{stack.project}_redis:/data"
    _docker("run", "--rm", "--network", "none", "--volume", volume, "redis:7", "chown", "999:999", "/data")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """The stack, up and ready; taken down with its volumes and images afterwards, whatever happened."""
    port = free_port()
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10) as http:
        stack = Stack(compose_command(), f"chorus{secrets.token_hex(4)}", port, http)
        try:
            stack.run("build", seconds=BUILD_SECONDS)
            give_redis_its_folder(stack)
            stack.run("up", "--detach", seconds=UP_SECONDS)
            stack.wait_ready()
            yield stack
        finally:
            try:
                stack.run("logs", "--no-color", "--tail", "20")
            finally:
                stack.run("down", "--volumes", "--rmi", "local", "--timeout", "10")
