"""Install the lower bounds of the serving dependencies apart, and ask the service for one answer.

Run by `make test-minimum`. The bounds are true when the service loads a bundle and recommends with exactly these
versions. torch keeps its locked version: an index with CPU builds seldom holds the oldest one.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.compose.conftest import free_port
from tests.structure import ROOT
from tests.supply.requirement_files import FOLDER, dependencies, pins

VENV = ROOT / "build" / "minimum"
READY_SECONDS = 120.0


def lowest() -> list[str]:
    """The direct dependencies of serving, each at its lower bound."""
    version = pins((FOLDER / "torch.lock").read_text("utf-8"))["torch"].version
    found = [f"torch=={version}"]
    for requirement in dependencies():
        (bound,) = [part.version for part in requirement.specifier if part.operator == ">="]
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        if requirement.name != "torch":
            found.append(f"{requirement.name}{extras}=={bound}")
    return found


def install() -> Path:
    """The Python of a new environment with the lowest versions."""
    subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=True)
    python = VENV / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "--quiet", *lowest()], check=True)
    return python


def recommend(python: Path, bundle: Path) -> int:
    """How many items `chorus serve` answers for one request; raises TimeoutError where it does not get ready."""
    port = free_port()
    with tempfile.TemporaryDirectory() as state:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "CHORUS_STATE_DIR": state}
        command = [python, "-m", "app.cli", "serve", str(bundle), "--port", str(port)]
        service = subprocess.Popen(command, env=environment, cwd=ROOT)
        try:
            wait_ready(f"http://127.0.0.1:{port}/readyz", service)
            return len(ask(f"http://127.0.0.1:{port}/v1/recommend"))
        finally:
            service.terminate()
            service.wait(timeout=60)


def ask(url: str) -> list[object]:
    """The items of a recommendation."""
    body = json.dumps({"user_id": "1", "limit": 5}).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as response:
        return list(json.load(response)["items"])


def wait_ready(url: str, service: "subprocess.Popen[bytes]") -> None:
    """Until a service is ready."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and service.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.3)
    raise TimeoutError(f"expected {url} to answer 200, given exit code {service.poll()}")


if __name__ == "__main__":
    items = recommend(install(), Path(sys.argv[1]))
    sys.stdout.write(f"minimum versions: {items} of 5 items recommended\n")
    sys.exit(items != 5)
