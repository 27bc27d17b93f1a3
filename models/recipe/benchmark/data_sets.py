"""The benchmark's data sets by name, each with its files and the sections of the default job over them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from models.contract.calendar import DAY
from models.recipe.benchmark.cold_items import ColdItems
from models.recipe.benchmark.global_cut import GlobalCut
from models.recipe.benchmark.task_days import TaskDays


@dataclass(frozen=True, slots=True)
class DataSet:
    """A folder with the files interactions, items and, where their sections are not empty, users and histories.

    A section has the keys of the job without `path`.
    """

    folder: str
    interactions: Mapping[str, Any]
    items: Mapping[str, Any]
    users: Mapping[str, Any] = field(default_factory=dict)
    histories: Mapping[str, Any] = field(default_factory=dict)
    suffix: str = ".parquet"
    taken: str | None = None  # a column of the log: only its rows with 1 count; None: all rows
    cut: GlobalCut | None = None  # None: each user's last item is held out
    cold: ColdItems | None = None
    days: TaskDays | None = None  # of heads on every row; None: lists of items are ranked

    @property
    def tables(self) -> Mapping[str, Mapping[str, Any]]:
        """Name -> section of every table, the log first."""
        named = {"interactions": self.interactions, "items": self.items}
        named |= {"users": self.users} if self.users else {}
        return named | ({"histories": self.histories} if self.histories else {})

    def file_of(self, table: str) -> str:
        """The file's name of a table."""
        return f"{table}{self.suffix}"


ORDERED = {"user": "user_id", "item": "item_id", "order": "position"}
"""The columns of a log whose order counts each user's events from the oldest."""
MOVIELENS_1M = DataSet(
    "ml-1m",
    interactions={**ORDERED, "value": "rating"},
    items={"id": "item_id", "text": ["title"], "categories": ["genres"]},
    users={"id": "user_id", "categorical": ["gender", "age", "occupation"]},
)
AMAZON_OFFICE = DataSet("amazon-office", interactions=ORDERED, items={"id": "item_id", "text": ["title"]})
AMAZON_OFFICE_TEXTS = {"id": "item_id", "text": ["title", "description"]}
"""The item table with all its texts, for items of which nothing else is known."""
MOVIELENS_100K = DataSet(
    "ml-100k",
    interactions={"user": "user_id", "item": "item_id", "time": "timestamp", "value": "rating"},
    items={"id": "item_id", "text": ["title"], "categories": ["genres"], "numeric": ["year"]},
    users={"id": "user_id", "categorical": ["gender", "occupation"], "numeric": ["age"]},
    suffix=".csv",
    cut=GlobalCut(share=0.1),
)
KUAIRAND_APRIL = DataSet(
    "kuairand-april",
    interactions={"user": "user_id", "item": "video_id", "time": "time_ms", "time_unit": "ms"},
    items={
        "id": "video_id",
        "categories": ["tag"],
        "separator": ",",
        "categorical": ["video_type", "upload_type"],
        "numeric": ["video_duration"],
    },
    users={"id": "user_id", "categorical": ["user_active_degree", "register_days_range"]},
    taken="is_click",
    cut=GlobalCut(seconds=DAY),
)
KUAIRAND_TASKS = TaskDays(
    heads={"click": "is_click", "long_view": "long_view", "like": "is_like"},
    surface="tab",
    valid_from="2022-04-29T00:00:00+08:00",  # the log has the days 25 to 30 April in China
    test_from="2022-04-30T00:00:00+08:00",
)
DATA_SETS: Mapping[str, DataSet] = {
    "movielens-1m": MOVIELENS_1M,
    "movielens-1m-cold-items": replace(MOVIELENS_1M, cold=ColdItems()),
    "amazon-office": AMAZON_OFFICE,
    "amazon-office-cold-items": replace(AMAZON_OFFICE, items=AMAZON_OFFICE_TEXTS, cold=ColdItems()),
    "movielens-100k": MOVIELENS_100K,
    "kuairand-april": KUAIRAND_APRIL,
    "kuairand-april-histories": replace(KUAIRAND_APRIL, histories={"user": "user_id", "items": "watch_seq"}),
    "kuairand-april-tasks": replace(
        KUAIRAND_APRIL,
        interactions={
            **KUAIRAND_APRIL.interactions,
            "context": ["tab"],
            "labels": list(KUAIRAND_TASKS.heads.values()),
            "taken": "label.is_click == 1",
        },
        days=KUAIRAND_TASKS,
    ),
}


@dataclass(frozen=True, slots=True)
class FoundDataSet:
    """A data set whose files are there."""

    name: str
    data_set: DataSet
    folder: Path

    def path_of(self, table: str) -> Path:
        """The file of a table."""
        return self.folder / self.data_set.file_of(table)


def find_data_set(name: str, data: Path) -> FoundDataSet:
    """A data set in the folder `data`; raises ValueError for an unknown name or a file that is missing."""
    if name not in DATA_SETS:
        raise ValueError(f"expected one of {', '.join(DATA_SETS)}, given '{name}'")
    data_set = DATA_SETS[name]
    folder = (data / data_set.folder).resolve()
    needed = [data_set.file_of(table) for table in data_set.tables]
    if missing := [file for file in needed if not (folder / file).is_file()]:
        raise ValueError(
            f"expected {', '.join(needed)} in the folder {data / data_set.folder}, given no {', '.join(missing)}; "
            f"--data names the folder that has {data_set.folder}"
        )
    return FoundDataSet(name, data_set, folder)
