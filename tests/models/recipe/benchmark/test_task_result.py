"""The task benchmark's figures: means and spreads over seeds, and the default's differences."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from models.recipe.benchmark.task_console import print_task_result
from models.recipe.benchmark.task_result import Method, TaskResult, compare_methods, write_task_result

TARGETS = {
    "click": np.array([1, 0, 1, 0], dtype=np.float32),
    "like": np.array([0, 0, 0, 1], dtype=np.float32),
}
USERS = np.array([0, 0, 1, 1])
RIGHT, WRONG = np.array([0.9, 0.1, 0.8, 0.2]), np.array([0.1, 0.9, 0.8, 0.2])
LIKED = np.array([0.1, 0.1, 0.1, 0.2])


@pytest.fixture
def result() -> TaskResult:
    default = Method(
        "default job", {}, (7, 8), ({"click": RIGHT, "like": LIKED}, {"click": WRONG, "like": LIKED})
    )
    rates = Method("rates", {"click": "user 1"}, (), ({"click": RIGHT, "like": LIKED},))
    rows = compare_methods([default, rates], TARGETS, USERS)
    return TaskResult("tiny", "By day.", {"test": 4}, {"click": 0.5, "like": 0.25}, rows, {"x": "y"}, {}, {})


def test_means_spreads_and_differences(result: TaskResult) -> None:
    default, rates = result.rows
    click = default.heads["click"]
    assert (click["auc"].mean, click["auc"].low, click["auc"].high) == (0.625, 0.25, 1.0)
    assert click["user_auc"].mean == 0.75  # with WRONG the first user's pair is wrong
    assert (default.mean_auc.mean, rates.mean_auc.mean) == (0.8125, 1.0)
    assert default.difference is None
    assert rates.difference == {"click": -0.375, "like": 0.0, "mean": -0.1875}


def test_the_file_and_the_tables_have_all(result: TaskResult, tmp_path: Path) -> None:
    write_task_result(result, tmp_path / "result.json")
    written = json.loads((tmp_path / "result.json").read_text())
    assert written["rows"][0]["heads"]["click"]["auc"] == {"mean": 0.625, "low": 0.25, "high": 1.0}
    print_task_result(result, Console(file=(stream := io.StringIO()), width=200))
    shown = stream.getvalue()
    assert "0.6250 (0.2500-1.0000)" in shown and "-0.3750 +0.0000 -0.1875" in shown
    assert "rates: click: user 1; no seed" in shown and "Left out: x, since y" in shown
