"""The bundle of the test shop, for the commands of this folder."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import quiet_environment, write_shop


def train_shop(folder: Path) -> Path:
    """Train the test shop in a folder that is created; the bundle. Raises CalledProcessError."""
    folder.mkdir(parents=True)
    command = [
        sys.executable,
        "-m",
        "app.cli",
        "train",
        str(write_shop(folder)),
        "--out",
        str(folder / "bundle"),
    ]
    subprocess.run(command, check=True, capture_output=True, env=quiet_environment())
    return folder / "bundle"
