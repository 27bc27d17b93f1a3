"""The jobs of the task benchmark: the default job, one job a head, and the default job by each kind of experts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from models.network.config import ExpertKind, NetworkConfig
from models.recipe.benchmark.data_sets import FoundDataSet
from models.recipe.benchmark.task_days import TaskDays

DEFAULT, SINGLE = "default job", "single-task networks"


@dataclass(frozen=True, slots=True)
class NetworkRow:
    """A row of the table: the jobs whose heads it has, which are one job or one a head."""

    name: str
    settings: str
    job_files: tuple[Path, ...]


def write_task_jobs(found: FoundDataSet, days: TaskDays, out: Path) -> list[NetworkRow]:
    """Write the jobs into `out`, the default one as job.yaml, and return the rows, the default job's first.

    A job sets its columns, tasks and the days. The others than the default leave out item links, which no task reads.
    """
    out.mkdir(parents=True, exist_ok=True)
    job = build_job(found, days)
    default = NetworkConfig().experts
    rows = [NetworkRow(DEFAULT, f"experts {default}", (_write(job, out / "job.yaml"),))]
    without_links = job | {"item_links": False}
    singles = tuple(
        _write(without_links | {"tasks": [task]}, out / f"single-{task['name']}.yaml")
        for task in job["tasks"]
    )
    rows.append(NetworkRow(SINGLE, f"one job a head, experts {default}", singles))
    for kind in ExpertKind:
        if kind is not default:
            variant = without_links | {"network": {"experts": str(kind)}}
            rows.append(NetworkRow(str(kind), f"experts {kind}", (_write(variant, out / f"{kind}.yaml"),)))
    return rows


def build_job(found: FoundDataSet, days: TaskDays) -> dict[str, Any]:
    """The default job of the data set."""
    tables = found.data_set.tables
    job: dict[str, Any] = {
        "name": found.name,
        **{table: {"path": str(found.path_of(table)), **section} for table, section in tables.items()},
    }
    section: Mapping[str, Any] = job["interactions"]
    scale = 1000.0 if section.get("time_unit") == "ms" else 1.0
    column = pq.read_table(found.path_of("interactions"), columns=[section["time"]]).column(0)
    times = pc.divide(pc.cast(column, "float64"), scale).to_numpy()
    return job | {"tasks": days.tasks(), "split": days.shares(times)}


def _write(job: Mapping[str, Any], path: Path) -> Path:
    path.write_text(yaml.safe_dump(dict(job), sort_keys=False), encoding="utf-8")
    return path
