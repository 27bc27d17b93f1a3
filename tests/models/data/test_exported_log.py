"""The exported log beside a job's files: other columns."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.data.dataset import Dataset, load_dataset
from models.job.errors import JobError
from models.job.spec import load_job

Write = Callable[[str, str], Path]
LOG = "who,what,when,stars,device\nanna,x,2026-01-01T00:00:00Z,4,tv\nben,y,2026-01-02T00:00:00Z,2,\n"
JOB = (
    "name: shop\n"
    "interactions: {path: log.csv, user: who, item: what, time: when, time_unit: iso, value: stars, "
    "context: [device]}\n"
    "users: {path: users.csv, id: id, categorical: job}\n"
)
JANUARY = 1_767_225_600.0


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    folder = tmp_path / "exported"
    folder.mkdir()
    columns = {
        "user_id": ["anna", "cora"],
        "item_id": ["z", "x"],
        "action": ["like", "rate"],
        "value": [None, 5.0],
        "timestamp": [JANUARY + 10 * 86_400, JANUARY + 11 * 86_400],
        "event_id": pa.array([None, None], pa.string()),
    }
    pq.write_table(pa.table(columns), folder / "2026-01-11.parquet")
    return folder


def load(write: Write, exported: Path | None) -> Dataset:
    write("log.csv", LOG)
    write("users.csv", "id,job\nanna,artist\nben,farmer\n")
    job = write("job.yaml", JOB)
    return load_dataset(load_job(job), job.parent / "quarantine.jsonl", exported)


def read_rows(dataset: Dataset) -> list[tuple[str, str, str, float | None, str | None]]:
    """User, item, action, value and device of each row."""
    log = dataset.interactions
    devices = log.contexts["device"]
    return [
        (
            dataset.user_ids[log.users[row]],
            dataset.items[log.items[row]].item_id,
            log.action_names[log.actions[row]],
            None if np.isnan(log.values[row]) else float(log.values[row]),
            None if devices.codes[row] < 0 else devices.names[devices.codes[row]],
        )
        for row in range(len(log))
    ]


def test_the_log_comes_after_the_files(write: Write, exported: Path) -> None:
    """Its columns have the names of the export; the job's events get the default action; a column may be missing."""
    dataset = load(write, exported)
    assert read_rows(dataset) == [
        ("anna", "x", "rate", 4.0, "tv"),
        ("ben", "y", "rate", 2.0, None),
        ("anna", "z", "like", None, None),
        ("cora", "x", "rate", 5.0, None),
    ]
    assert dataset.cleaning.rows == dataset.cleaning.kept == 4
    assert np.isclose(dataset.interactions.times[2], JANUARY + 10 * 86_400)


def test_a_file_that_is_none_is_refused(write: Write, exported: Path) -> None:
    (exported / "2026-01-12.parquet").write_text("no parquet")
    with pytest.raises(JobError, match="log: expected files that 'chorus log export' wrote"):
        load(write, exported)
