"""The task benchmark on a made-up log: two kinds of users and videos, of which equal ones are clicked."""

import io
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from rich.console import Console

from models.evaluation.baselines.protocol import BaselineRefusedError
from models.job.spec import load_job
from models.recipe.benchmark import task_jobs, task_methods
from models.recipe.benchmark.data_sets import DATA_SETS, FoundDataSet
from models.recipe.benchmark.task_days import TaskDays
from models.recipe.benchmark.task_run import run_task_benchmark
from models.recipe.ingestion import ingest

USERS, VIDEOS, EXPOSURES = 30, 20, 1_500
DAYS = DATA_SETS["kuairand-april-tasks"].days
assert DAYS is not None


@pytest.fixture
def found(tmp_path: Path) -> FoundDataSet:
    random = np.random.default_rng(3)
    users, videos = random.integers(USERS, size=EXPOSURES), random.integers(VIDEOS, size=EXPOSURES)
    begin = datetime.fromisoformat("2022-04-25T00:00:00+08:00").timestamp()
    times = np.sort(random.integers(6 * 86_400, size=EXPOSURES)) + begin
    clicks = random.random(EXPOSURES) < np.where(users % 2 == videos % 2, 0.8, 0.1)
    long_views, likes = clicks & (random.random(EXPOSURES) < 0.6), clicks & (random.random(EXPOSURES) < 0.3)
    log = {"user_id": users, "video_id": videos, "time_ms": (times * 1000).astype(np.int64), "tab": users % 3}
    outcomes = {"is_click": clicks, "long_view": long_views, "is_like": likes}
    log |= {name: column.astype(np.int64) for name, column in outcomes.items()}
    pq.write_table(pa.table(log), tmp_path / "interactions.parquet")
    kinds = ["even" if video % 2 == 0 else "odd" for video in range(VIDEOS)]
    items = {"video_id": range(VIDEOS), "tag": kinds, "video_type": kinds, "upload_type": kinds}
    pq.write_table(pa.table(items | {"video_duration": [1.0] * VIDEOS}), tmp_path / "items.parquet")
    people = {"user_id": range(USERS), "user_active_degree": ["full"] * USERS}
    pq.write_table(pa.table(people | {"register_days_range": ["730+"] * USERS}), tmp_path / "users.parquet")
    return FoundDataSet("tiny-tasks", DATA_SETS["kuairand-april-tasks"], tmp_path)


def test_the_days_part_the_log(found: FoundDataSet, tmp_path: Path) -> None:
    rows = task_jobs.write_task_jobs(found, DAYS, tmp_path / "out")
    assert [row.name for row in rows] == ["default job", "single-task networks", "shared_bottom", "mmoe"]
    data = ingest(load_job(rows[0].job_files[0]), tmp_path / "out" / "bundle", Console(file=io.StringIO()))
    times, (valid_at, test_at) = data.dataset.interactions.times, DAYS.moments()
    assert times[data.split.train].max() < valid_at <= times[data.split.valid].min()
    assert times[data.split.valid].max() < test_at <= times[data.split.test].min()
    assert test_at - valid_at == timedelta(days=1).total_seconds()
    (single,) = yaml.safe_load(rows[1].job_files[2].read_text())["tasks"]
    assert single == {"name": "like", "kind": "binary", "label": "label.is_like == 1"}


def test_a_day_without_exposures_is_refused() -> None:
    valid, test = DAYS.moments()
    with pytest.raises(ValueError, match=r"expected events before .* given 2, 0 and 1"):
        DAYS.shares(np.array([valid - 2, valid - 1, test]))


def test_every_method_is_measured_and_predictions_are_kept(
    found: FoundDataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_job = task_jobs.build_job

    def build_short_job(found: FoundDataSet, days: TaskDays) -> dict:
        return build_job(found, days) | {
            "training": {"epochs": 1, "refresh_epochs": 1},
            "network": {"dim": 8},
        }

    def refuse(*_given: object) -> None:
        raise BaselineRefusedError("no trees here")

    monkeypatch.setattr(task_jobs, "build_job", build_short_job)
    monkeypatch.setattr(task_methods, "choose_size", refuse)
    shown = io.StringIO()
    result = run_task_benchmark(found, DAYS, tmp_path / "out", Console(file=shown), (7,))
    names = ["default job", "single-task networks", "shared_bottom", "mmoe", "smoothed rates"]
    assert [row.name for row in result.rows] == names and result.left_out == {"LightGBM": "no trees here"}
    assert sum(result.exposures.values()) == EXPOSURES and list(result.positives) == [
        "click",
        "long_view",
        "like",
    ]
    assert all(0.4 < row.mean_auc.mean < 1 for row in result.rows) and result.rows[1].difference is not None
    assert "training epoch 1" in shown.getvalue()
    again = run_task_benchmark(found, DAYS, tmp_path / "out", Console(file=(shown := io.StringIO())), (7,))
    assert [row.mean_auc for row in again.rows] == [row.mean_auc for row in result.rows]
    assert "training epoch 1" not in shown.getvalue()
