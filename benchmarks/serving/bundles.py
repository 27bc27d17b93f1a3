"""The bundles of the benchmark: MovieLens-1M where its data is there, else the demo's, and a grown one."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from benchmarks.serving.million import grow_bundle
from models.contract.bundle import MANIFEST

CACHE = Path("build/serving")
"""Where bundles of the benchmark are kept. A later run takes those that are there."""
DEMO = Path("bundles/movielens-100k")
MOVIELENS_1M = "movielens-1m"
JOB: Mapping[str, Any] = {
    "name": MOVIELENS_1M,
    "interactions": {"user": "user_id", "item": "item_id", "order": "position", "value": "rating"},
    "items": {"id": "item_id", "text": ["title"], "categories": ["genres"]},
    "users": {"id": "user_id", "categorical": ["gender", "age", "occupation"]},
    "tasks": [
        {"name": "like", "kind": "binary", "label": "value >= 4"},
        {"name": "rating", "kind": "regression", "label": "value", "range": [1, 5]},
        {"name": "genre", "kind": "multilabel", "label": "item.genres"},
    ],
    "training": {"epochs": 1, "refresh_epochs": 0},
    "export": {"fit": "train"},
}
"""One epoch: the speed does not depend on the weights, and the sizes are those that the default job chooses."""


def find_bundle(data: Path, cache: Path = CACHE) -> Path:
    """MovieLens-1M's bundle, trained on the first call, where `data` has its files; else the demo's."""
    if not (data / "interactions.parquet").is_file():
        return DEMO
    folder = cache / MOVIELENS_1M
    if not (folder / MANIFEST).is_file():
        job = write_job(data, cache)
        subprocess.run([sys.executable, "-m", "app.cli", "train", str(job), "--out", str(folder)], check=True)
    return folder


def write_job(data: Path, cache: Path) -> Path:
    """Write the job over the files in `data`."""
    tables = {name: JOB[name] | {"path": str((data / f"{name}.parquet").resolve())} for name in TABLES}
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"{MOVIELENS_1M}.yaml"
    path.write_text(yaml.safe_dump({**JOB, **tables}, sort_keys=False), encoding="utf-8")
    return path


TABLES = ("interactions", "items", "users")


def find_grown(base: Path, count: int, cache: Path = CACHE) -> Path:
    """The bundle of `count` items grown from another one, made on the first call."""
    return grow_bundle(base, cache / f"{base.name}-{count}", count)
