"""`chorus loop` beside a real service: it learns what the service sees, survives a kill, and never runs twice."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from models.contract.bundle import verify

DEADLINE_S = 300


@pytest.fixture
def shop(trained: Path, tmp_path: Path) -> Path:
    """A copy of the shop with its bundle, for a loop to update."""
    shutil.copytree(trained.parent, tmp_path / "shop")
    return tmp_path / "shop"


def start_loop(shop: Path, *arguments: str) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")}
    command = [
        sys.executable,
        "-m",
        "app.cli",
        "loop",
        str(shop / "job.yaml"),
        "--bundle",
        str(shop / "bundle"),
    ]
    return subprocess.Popen(
        [*command, *arguments],
        env=kept | {"OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end_loop(process: subprocess.Popen[str]) -> tuple[int, list[dict[str, Any]], str]:
    """Its exit code, the rounds that it told, and its errors."""
    out, errors = process.communicate(timeout=DEADLINE_S)
    return process.returncode, [json.loads(line) for line in out.splitlines()], errors


def post_events(service: Any, count: int) -> None:
    """A new user after the other likes what the shop has of space, at the end of the training's time and later."""
    now = time.time()
    events = [
        {
            "user_id": f"visitor{number // 6}",
            "item_id": f"i{4 * (number % 15)}",
            "action": "rate",
            "value": 5,
            "timestamp": now - 3600 + number,
        }
        for number in range(count)
    ]
    assert service.post("/v1/events", events=events)["accepted"] == count


def test_the_loop_learns_what_the_service_sees(
    shop: Path, launch: Callable[..., Any], wait_until: Any
) -> None:
    """Killed within its first round, it ends that round in the table and does it again; the service then reloads."""
    service = launch(shop / "bundle", shop / "state")
    before = verify(shop / "bundle")
    post_events(service, 60)
    arguments = ("--service", service.url, "--state", str(shop / "state"), "--rounds", "1")
    work = shop / "bundle.loop"
    killed = start_loop(shop, *arguments)
    wait_until("the log is exported", lambda: list((work / "log").glob("*.parquet")), DEADLINE_S)
    other = start_loop(shop, *arguments)
    code, told, errors = end_loop(other)
    assert (code, told) == (1, []) and "expected one command at a time to write" in errors
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert verify(shop / "bundle") == before

    code, told, errors = end_loop(start_loop(shop, *arguments))
    assert code == 0, errors
    assert [row["outcome"] for row in told] == ["interrupted", "published"], errors
    after = verify(shop / "bundle")
    assert told[-1]["after"] == after.model_version != told[-1]["before"] == before.model_version
    assert told[-1]["service"] == "reloaded"
    assert service.http.get("/v1/model").json()["model_version"] == after.model_version
    assert {f"visitor{number}" for number in range(10)} <= set(
        json.loads((shop / "bundle" / "user_ids.json").read_text())
    )

    code, told, errors = end_loop(start_loop(shop, *arguments))
    assert [(row["outcome"], row["service"]) for row in told] == [("nothing_new", "serves it")], errors
    shown = start_loop(shop, "--show")
    out, _ = shown.communicate(timeout=DEADLINE_S)
    assert [line.split()[3] for line in out.splitlines()[1:]] == ["interrupted", "published", "nothing_new"]
