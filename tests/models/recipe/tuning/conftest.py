"""A study of the shop: six trials of three epochs over four keys, by the command itself."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from models import cli

TRIALS = 6
SPACE = {
    "network.dim": [16, 36],
    "network.attention_heads": [2, 12],  # 12 does not divide 16
    "network.half_life_days": {"low": 1, "high": 30},
    "training.learning_rate": {"low": 0.002, "high": 0.05, "log": True},
}
JOB: Mapping[str, Any] = {
    "tasks": [],
    "scenes": None,
    "training": {"epochs": 3, "batch_size": 16, "learning_rate": 0.01},
}
"""Changes of the shop's job: `next` alone, which trains fastest."""


@dataclass(frozen=True, slots=True)
class Searched:
    """A job file, the folder of its study, and what the search printed."""

    job: Path
    folder: Path
    shown: str

    @property
    def summary(self) -> dict[str, Any]:
        """The content of study.json."""
        content: dict[str, Any] = json.loads((self.folder / "study.json").read_text())
        return content


Search = Callable[..., Searched]


@pytest.fixture(scope="session")
def search_shop(make_shop: Callable[..., Path]) -> Search:
    """Search in a folder up to so many trials in all; `changes` replace the job's keys."""

    def search(folder: Path, trials: int, minutes: float | None = None, **changes: Any) -> Searched:
        job = make_shop(folder / "shop", **{**JOB, "tune": SPACE, **changes})
        shown = io.StringIO()
        cli.tune(job, folder / "study", Console(file=shown, width=400), trials, minutes)
        return Searched(job, folder / "study", shown.getvalue())

    return search


@pytest.fixture(scope="session")
def searched(search_shop: Search, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    """A study that tests only read."""
    return search_shop(tmp_path_factory.mktemp("searched"), TRIALS)
