"""The policies that are compared, and the commands that an arm with a loop runs between days."""

import os
import subprocess
import sys
from argparse import ArgumentTypeError
from dataclasses import dataclass, field
from pathlib import Path

import httpx

HALF_LIFE_HOURS = "1"
"""The shortest that the service takes: the whole run is within one."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A policy: the service's settings, and after how many days its bundle is updated (0: never)."""

    name: str
    update_every: int = 0
    settings: dict[str, str] = field(default_factory=dict)


NONE = {"CHORUS_NEW_ITEMS": "0"}
LIVE = NONE | {"CHORUS_LIVE_HALF_LIFE_HOURS": HALF_LIFE_HOURS}
SHARE = {"CHORUS_NEW_ITEMS": ".1", "CHORUS_NEW_ITEM_IMPRESSIONS": "20"}
"""A tenth of the places; a simulated day has a few hundred of them, so that few impressions must do."""
ARMS = (
    Arm("frozen", 0, NONE | {"CHORUS_LIVE_STATISTICS": "false"}),
    Arm("live", 0, LIVE),
    Arm("live + new items", 0, LIVE | SHARE),
    Arm("loop", 2, LIVE),
    Arm("loop + new items", 2, LIVE | SHARE),
    Arm("loop + exploration", 2, LIVE | {"CHORUS_EXPLORATION": "*=softmax:.1"}),
)


def find_arms(names: str) -> tuple[Arm, ...]:
    """The arms of names with commas between them, in the order of ARMS. Raises ArgumentTypeError for others."""
    chosen = {name.strip() for name in names.split(",")}
    known = [arm.name for arm in ARMS]
    if not chosen <= set(known):
        raise ArgumentTypeError(f"expected some of {', '.join(known)}, given {', '.join(sorted(chosen))}")
    return tuple(arm for arm in ARMS if arm.name in chosen)


def chorus(*arguments: str, timeout_s: float) -> bool:
    """Run a command of chorus; whether it succeeded. Raises TimeoutExpired."""
    command = [sys.executable, "-m", "app.cli", *arguments]
    environment = os.environ | {"CHORUS_LOG_LEVEL": "error"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if done.returncode:
        print("chorus", arguments[0], "failed:", (done.stderr or done.stdout).strip()[-400:], flush=True)
    return done.returncode == 0


def update(client: httpx.Client, bundle: Path, folder: Path, timeout_s: float) -> bool:
    """Export the log, update the bundle and reload; whether a new bundle answers. Raises TimeoutExpired."""
    log = folder / "log"
    if not chorus("log", "export", "--out", str(log), "--state", str(folder / "state"), timeout_s=timeout_s):
        return False
    job = folder.parent / "job.yaml"
    arguments = ("update", str(bundle), "--log", str(log), "--out", str(bundle), "--job", str(job))
    if not chorus(*arguments, timeout_s=timeout_s):
        return False
    client.post("/v1/model/reload", json={"bundle": bundle.name}, timeout=60).raise_for_status()
    return True
