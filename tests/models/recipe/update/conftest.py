"""A shop after its training: events of known and of new users, items and genres, as `chorus log export` writes them."""

import json
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from tests.models.conftest import START

LogEvent = tuple[str, str, float | None, float, str | None]
"""User, item, value, time and device."""
LAST = START + 31 * 24 * 3600
"""After all events of the shop's file."""


def write_log(folder: Path, events: Sequence[LogEvent]) -> Path:
    """Write events as one file of an exported log."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = {
        "user_id": pa.array([user for user, *_ in events], pa.string()),
        "item_id": pa.array([item for _, item, *_ in events], pa.string()),
        "action": pa.array(["rate" if value else "view" for _, _, value, *_ in events], pa.string()),
        "value": pa.array([value for _, _, value, *_ in events], pa.float64()),
        "timestamp": pa.array([time for *_, time, _ in events], pa.float64()),
        "recommendation_id": pa.array([None] * len(events), pa.string()),
        "device": pa.array([device for *_, device in events], pa.string()),
    }
    day = datetime.fromtimestamp(events[0][3], UTC)
    pq.write_table(pa.table(columns), folder / f"{day:%Y-%m-%d}.parquet")
    return folder


def draw_events(count: int, seed: int = 3, start: float = LAST) -> list[LogEvent]:
    """Events after the training: known users by their taste, and every fourth by a new user."""
    random = np.random.default_rng(seed)
    events: list[LogEvent] = []
    for number in range(count):
        user = int(random.integers(60))
        name = f"new{user % 8}" if number % 4 == 0 else f"u{user}"
        item = int(random.integers(50)) * 2 + user % 2
        events.append((name, f"i{item}", float(random.integers(4, 6)), start + 60 * number, "desk"))
    return events


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """The exported log of 120 events, of which some are of a new item and a new device."""
    events = draw_events(120)
    fresh: list[LogEvent] = [(f"u{2 * n}", "fresh", 5.0, LAST + 10 + n, "watch") for n in range(12)]
    return write_log(tmp_path / "log", sorted([*events, *fresh], key=lambda event: event[3]))


@pytest.fixture
def with_fresh_item() -> Callable[[Path], None]:
    """Add the new item, which has a new genre, to the item table of a job."""

    def add(job: Path) -> None:
        with (job.parent / "items.jsonl").open("a") as file:
            file.write(json.dumps({"id": "fresh", "genres": ["Western"], "brand": "b0", "year": 2020}) + "\n")

    return add


@pytest.fixture
def shop_copy(shop_bundle: Path, tmp_path: Path) -> Path:
    """A copy of the shop with its bundle; the copy's job file, which evaluates a few lists and fits no links."""
    folder = tmp_path / "shop"
    shutil.copytree(shop_bundle.parent, folder)
    job = folder / "job.yaml"
    quick = {"item_links": False, "evaluation": {"max_minutes": 0.01, "max_lists": 30}}
    job.write_text(yaml.safe_dump(yaml.safe_load(job.read_text()) | quick))
    (folder / "bundle.work" / "job.json").write_text(json.dumps({"job": str(job)}))
    return job
