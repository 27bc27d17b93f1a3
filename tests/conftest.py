"""A small shop that `chorus train` has learnt: one real bundle for all tests that need one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from hypothesis import HealthCheck, settings

torch.set_num_threads(1)  # waiting threads spin, which starves whoever shares the cores
# No test depends on how fast the machine is.
settings.register_profile("chorus", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("chorus")

GENRES = {
    "space": ("Robots on Mars", "The Star Fleet", "Alien Galaxy", "Voyage to the Moon", "Rocket Pilots"),
    "romance": ("A Wedding in Paris", "Love Letters", "The Kiss", "Summer of Love", "Hearts in Spring"),
    "crime": ("The Murder Trial", "Detective at Night", "Bank Robbery", "The Killer", "Police Story"),
    "animals": ("The Brave Dog", "Wild Horses", "A Cat's Journey", "Lions of Africa", "Penguin Island"),
}
"""What the four kinds of item are called; each title comes four times, numbered."""
ITEMS, USERS, EVENTS = 80, 40, 24
START = 1_700_000_000
HOUR = 3600


def genre_of(item: int) -> str:
    """Item 0 is about space, 1 about romance, and so on."""
    return list(GENRES)[item % len(GENRES)]


def write_shop(folder: Path) -> Path:
    """The shop's files, and the job over them. Users like one genre, and take it three times out of four.

    The objective is what is taken: by default few lists of so small a log decide which heads order them.
    """
    random = np.random.default_rng(5)
    rows = ["user_id,item_id,timestamp,rating"]
    for user in range(USERS):
        own = random.permutation(np.arange(user % 4, ITEMS, 4))[: EVENTS * 3 // 4]
        other = random.permutation([item for item in range(ITEMS) if item % 4 != user % 4])[: EVENTS // 4]
        for step, item in enumerate(random.permutation(np.concatenate([own, other])).tolist()):
            rating = random.choice([4, 5]) if item % 4 == user % 4 else random.choice([1, 2])
            hour = 10 * step + int(random.integers(10))
            rows.append(f"u{user},i{item},{START + HOUR * hour + user},{rating}")
    (folder / "interactions.csv").write_text("\n".join(rows) + "\n")
    items = [
        f"i{item},{GENRES[genre_of(item)][item // 4 % 5]} {1 + item // 20},{genre_of(item)},{1980 + item // 2}"
        for item in range(ITEMS)
    ]
    (folder / "items.csv").write_text("\n".join(["item_id,title,genres,year", *items]) + "\n")
    users = ["user_id,job", *(f"u{user},{'artist' if user % 2 else 'farmer'}" for user in range(USERS))]
    (folder / "users.csv").write_text("\n".join(users) + "\n")
    job = {
        "name": "shop",
        "interactions": {
            "path": "interactions.csv",
            "user": "user_id",
            "item": "item_id",
            "time": "timestamp",
            "value": "rating",
        },
        "items": {"path": "items.csv", "id": "item_id", "categories": "genres"}
        | {"text": ["title"], "numeric": ["year"]},
        "users": {"path": "users.csv", "id": "user_id", "categorical": ["job"]},
        "tasks": [
            {"name": "like", "kind": "binary", "label": "value >= 4"},
            {"name": "rating", "kind": "regression", "label": "value", "range": [1, 5]},
            {"name": "genre", "kind": "multilabel", "label": "item.genres"},
            {"name": "daypart", "kind": "context", "label": "time.daypart"},
        ],
        "network": {"dim": 16, "layers": 1, "expert_width": 16, "tower_width": 8, "history_length": 20},
        "training": {"epochs": 12, "learning_rate": 0.02, "refresh_epochs": 1, "batch_size": 8},
        "objective": {"next": 1},
        "scenes": {"home": {"next": 0.6, "like": 0.4}},
    }
    (folder / "job.yaml").write_text(yaml.safe_dump(job))
    return folder / "job.yaml"


def quiet_environment() -> dict[str, str]:
    """This process's environment without settings of a service, and with one thread, which suits so small a net."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CHORUS_")}
    return kept | {"OMP_NUM_THREADS": "1"}


def train_shop(folder: Path) -> Path:
    """The shop's bundle, trained in a folder by the command line itself."""
    job, out = write_shop(folder), folder / "bundle"
    command = [sys.executable, "-m", "app.cli", "train", str(job), "--out", str(out)]
    run = subprocess.run(command, capture_output=True, text=True, env=quiet_environment(), check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return out


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle, trained by the command line itself. Copy it before you change it."""
    bundle = train_shop(tmp_path_factory.mktemp("shop"))
    assert json.loads((bundle / "manifest.json").read_text())["job"] == "shop"
    return bundle
