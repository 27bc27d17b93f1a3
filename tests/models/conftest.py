"""A small shop with two tastes: 60 users, 100 items, 1500 events, every kind of column and of task.

Cluster c's users like cluster c's items (rows of the same parity), so that a network can learn more than popularity.
"""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from rich.console import Console

from models.job.spec import JobSpec, load_job
from models.network.model import ChorusNetwork
from models.network.shape import infer_shape
from models.recipe.ingestion import JobData, ingest

USERS, ITEMS, EVENTS = 60, 100, 1500
START = 1_700_000_000
NETWORK = {
    "dim": 16, "layers": 1, "history_length": 20, "dropout": 0.1, "expert_count": 2, "expert_width": 8,
    "tower_width": 8,
}  # fmt: skip
TRAINING = {"epochs": 2, "refresh_epochs": 1, "batch_size": 16, "learning_rate": 0.01}
TASKS = [
    {"name": "like", "kind": "binary", "label": "value >= 4"},
    {"name": "rating", "kind": "regression", "label": "value", "range": [1, 5]},
    {"name": "genre", "kind": "multilabel", "label": "item.genres"},
    {"name": "device", "kind": "context", "label": "context.device"},
]


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)


def events(random: np.random.Generator) -> list[dict[str, Any]]:
    """Nobody takes an item twice; times are distinct; 1 in 10 events carries no value."""
    rows = []
    for user in range(USERS):
        own = random.permutation(np.arange(user % 2, ITEMS, 2))[:22]
        other = random.permutation(np.arange(1 - user % 2, ITEMS, 2))[:3]
        items = random.permutation(np.concatenate([own, other]))
        for item in items.tolist():
            liked = item % 2 == user % 2
            value = int(random.integers(4, 6) if liked else random.integers(1, 4))
            rows.append({"user": f"u{user}", "item": f"i{item}", "value": value})
    times = np.sort(random.permutation(30 * 24 * 60)[: len(rows)]) * 60 + START
    order = random.permutation(len(rows))
    for time, place in zip(times.tolist(), order.tolist(), strict=True):
        row = rows[place]
        day = 6 <= time // 3600 % 24 < 18
        row |= {
            "time": time,
            "action": "rate" if random.random() < 0.8 else "view",
            "device": ("desk" if day else "phone") if random.random() < 0.9 else "tv",
            "value": row["value"] if random.random() < 0.9 else None,
        }
    return [rows[place] for place in order.tolist()]


def items(random: np.random.Generator) -> list[dict[str, Any]]:
    """Every tenth item is described by its ID alone."""
    return [
        {"id": f"i{item}"}
        if item % 10 == 9
        else {
            "id": f"i{item}",
            "genres": ["War" if item % 2 else "Romance", *(["Drama"] if item % 3 == 0 else [])],
            "brand": f"b{item % 4}",
            "year": 1950 + item,
            "title": f"the {'loud' if item % 2 else 'tender'} thing {item}",
            "image": random.normal(size=3).round(3).tolist(),
        }
        for item in range(ITEMS)
    ]


def csv(rows: list[dict[str, Any]]) -> str:
    lines = [",".join(rows[0])]
    lines += [",".join("" if cell is None else str(cell) for cell in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def write_shop(folder: Path, **changes: Any) -> Path:
    """The shop's files and its job; `changes` replace the job's keys, None takes one out."""
    random = np.random.default_rng(11)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "events.csv").write_text(csv(events(random)))
    (folder / "items.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items(random)))
    users = [{"id": f"u{user}", "taste": f"t{user % 2}", "age": 20 + user} for user in range(USERS)]
    (folder / "users.csv").write_text(csv(users[:-5]))
    job: dict[str, Any] = {
        "name": "shop",
        "interactions": {
            "path": "events.csv", "user": "user", "item": "item", "time": "time", "action": "action",
            "value": "value", "context": ["device"],
        },
        "items": {
            "path": "items.jsonl", "id": "id", "categories": "genres", "categorical": "brand",
            "numeric": "year", "text": "title", "vectors": "image",
        },
        "users": {"path": "users.csv", "id": "id", "categorical": "taste", "numeric": "age"},
        "tasks": TASKS,
        "network": NETWORK,
        "training": TRAINING,
        "text_encoder": None,
        "scenes": {"home": {"next": 1.0, "like": 0.5}},
    } | changes  # fmt: skip
    path = folder / "job.yaml"
    path.write_text(
        yaml.safe_dump(
            {key: value for key, value in job.items() if value is not None or key == "text_encoder"}
        )
    )
    return path


def quiet() -> Console:
    return Console(file=io.StringIO())


@pytest.fixture(scope="session")
def make_shop() -> Callable[..., Path]:
    return write_shop


@pytest.fixture(scope="session")
def make_ingested() -> Callable[[Path], JobData]:
    """A job file -> its data, as the recipe reads it."""
    return lambda path: ingest(load_job(path), path.parent / "bundle", quiet())


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The job file of a shop that tests only read."""
    return write_shop(tmp_path_factory.mktemp("shop"))


@pytest.fixture(scope="session")
def shop_job(shop: Path) -> JobSpec:
    return load_job(shop)


@pytest.fixture(scope="session")
def shop_data(shop: Path) -> JobData:
    return ingest(load_job(shop), shop.parent / "bundle", quiet())


@pytest.fixture(scope="session")
def quick_shop(shop_data: JobData) -> JobData:
    """The shop with a corpus whose events lie 40 times closer: half of them are within a session."""
    log = shop_data.corpus.log
    corpus = replace(shop_data.corpus, log=replace(log, times=log.times / 40))
    return replace(shop_data, corpus=corpus)


@pytest.fixture(scope="session")
def make_network(shop_job: JobSpec, shop_data: JobData) -> Callable[..., ChorusNetwork]:
    """A fresh network for the shop; `changes` replace its configuration."""

    def made(seed: int = 0, **changes: Any) -> ChorusNetwork:
        torch.manual_seed(seed)
        corpus = shop_data.corpus
        config = shop_job.network.model_copy(update=changes)
        return ChorusNetwork(config, infer_shape(corpus.spec), tuple(one.head for one in corpus.labels))

    return made


@pytest.fixture(scope="session")
def shop_bundle(shop: Path) -> Path:
    """The shop's bundle, trained by the command; for reading only."""
    from app.cli import main

    out = shop.parent / "bundle"
    assert main(["train", str(shop), "--out", str(out)]) == 0
    return out


Write = Callable[[str, str], Path]
Job = Callable[..., JobSpec]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a text file into the job's folder."""

    def written(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job from its YAML's keys, loaded as a user's is."""

    def loaded(**keys: Any) -> JobSpec:
        path = tmp_path / "job.yaml"
        path.write_text(yaml.safe_dump({"name": "shop", **keys}), encoding="utf-8")
        return load_job(path)

    return loaded
