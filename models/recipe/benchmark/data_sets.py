"""The benchmark's data sets, and the default job over what comes before each user's last item."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from models.contract.arrays import Indices

USER, ITEM, ORDER = "user_id", "item_id", "position"
"""The columns of every log; the order counts each user's events from the oldest."""
INTERACTIONS, ITEMS, USERS = "interactions.parquet", "items.parquet", "users.parquet"


@dataclass(frozen=True, slots=True)
class DataSet:
    """A folder of Parquet files, and the sections of the job over them without their paths."""

    folder: str
    items: Mapping[str, Any]
    value: str | None = None
    users: Mapping[str, Any] = field(default_factory=dict)  # empty: no table of users


DATA_SETS: Mapping[str, DataSet] = {
    "movielens-1m": DataSet(
        "ml-1m",
        items={"text": ["title"], "categories": ["genres"]},
        value="rating",
        users={"categorical": ["gender", "age", "occupation"]},
    ),
    "amazon-office": DataSet("amazon-office", items={"text": ["title"]}),
}


@dataclass(frozen=True, slots=True)
class FoundDataSet:
    """A data set whose files are there."""

    name: str
    data_set: DataSet
    folder: Path


def find_data_set(name: str, data: Path) -> FoundDataSet:
    """A data set in the folder `data`; raises ValueError for an unknown name or a file that is missing."""
    if name not in DATA_SETS:
        raise ValueError(f"expected one of {', '.join(DATA_SETS)}, given '{name}'")
    data_set = DATA_SETS[name]
    folder = (data / data_set.folder).resolve()
    needed = (INTERACTIONS, ITEMS, *([USERS] if data_set.users else []))
    if missing := [file for file in needed if not (folder / file).is_file()]:
        raise ValueError(
            f"expected {', '.join(needed)} in the folder {data / data_set.folder}, given no {', '.join(missing)}; "
            f"--data names the folder that has {data_set.folder}"
        )
    return FoundDataSet(name, data_set, folder)


def write_job(found: FoundDataSet, log: pa.Table, training_rows: Indices, out: Path) -> Path:
    """Write the training rows of the log and the job over them into `out`, and return the job's file.

    The job sets nothing but the columns, and `split.test: 0`, as the benchmark holds out the test part itself.
    """
    data_set, folder = found.data_set, found.folder
    out.mkdir(parents=True, exist_ok=True)
    pq.write_table(log.take(pa.array(training_rows)), out / "training.parquet")
    columns = {"user": USER, "item": ITEM, "order": ORDER}
    job: dict[str, Any] = {
        "name": found.name,
        "interactions": {"path": "training.parquet", **columns},
        "items": {"path": str(folder / ITEMS), "id": ITEM, **data_set.items},
        "split": {"test": 0},
    }
    if data_set.value is not None:
        job["interactions"]["value"] = data_set.value
    if data_set.users:
        job["users"] = {"path": str(folder / USERS), "id": USER, **data_set.users}
    path = out / "job.yaml"
    path.write_text(yaml.safe_dump(job, sort_keys=False), encoding="utf-8")
    return path
