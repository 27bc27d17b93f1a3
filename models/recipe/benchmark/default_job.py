"""The default job over what comes before the held-out events."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from models.contract.arrays import Indices
from models.recipe.benchmark.data_sets import FoundDataSet

TRAINING = "training.parquet"
"""The log's training rows, beside the job."""


def write_job(found: FoundDataSet, log: pa.Table, training_rows: Indices, out: Path) -> Path:
    """Write the training rows of the log and the job over them into `out`, and return the job's file.

    The job sets nothing but the columns, and `split.test: 0`, as the benchmark holds out the test part itself.
    """
    out.mkdir(parents=True, exist_ok=True)
    pq.write_table(log.take(pa.array(training_rows)), out / TRAINING)
    tables = found.data_set.tables
    job: dict[str, Any] = {
        "name": found.name,
        **{table: {"path": str(found.path_of(table)), **section} for table, section in tables.items()},
        "split": {"test": 0},
    }
    job["interactions"]["path"] = TRAINING
    path = out / "job.yaml"
    path.write_text(yaml.safe_dump(job, sort_keys=False), encoding="utf-8")
    return path
