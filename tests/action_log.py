"""A small log with every action that the service knows, and one of the job's own, and a job over it."""

import csv
from pathlib import Path

import numpy as np
import yaml

from models.contract.events import Action

ACTIONS = (*(action.value for action in Action), "listen")
EVENTS, USERS, ITEMS, START, STEP = 3_000, 50, 60, 1_700_000_000, 997
GENRES = ("calm", "loud", "odd")


def write_job(
    folder: Path,
    actions: tuple[str, ...],
    late: tuple[str, ...] = (),
    fit: str = "all",
    histories: bool = False,
) -> Path:
    """The job file; `late` actions are met in the last tenth of the events alone.

    With `histories` most users, and some whom the log lacks, have earlier events without times.
    """
    random = np.random.default_rng(3)
    rows = []
    for step in range(EVENTS):
        names = late if late and step >= 0.9 * EVENTS and step % 7 == 0 else actions
        action = names[random.integers(len(names))]
        stars = int(random.integers(1, 6)) if action == "rate" else ""
        item = int(ITEMS * random.random() ** 2)
        rows.append([f"u{random.integers(USERS)}", f"i{item}", START + STEP * step, action, stars])
    _write(folder / "events.csv", ["user", "item", "time", "action", "stars"], rows)
    genres = [[f"i{item}", "|".join({GENRES[item % 3], GENRES[item % 2]})] for item in range(ITEMS)]
    _write(folder / "items.csv", ["id", "genres"], genres)
    columns = {"user": "user", "item": "item", "time": "time", "action": "action", "value": "stars"}
    job = {
        "name": "actions",
        "interactions": {"path": "events.csv", **columns},
        "items": {"path": "items.csv", "id": "id", "categories": "genres"},
        "tasks": [
            {"name": "kept", "kind": "binary", "label": 'action in ["save", "purchase", "view"]'},
            {"name": "genre", "kind": "multilabel", "label": "item.genres"},
        ],
        "network": {"dim": 8, "layers": 1, "history_length": 10, "expert_width": 8, "tower_width": 8},
        "training": {"epochs": 2, "refresh_epochs": 1, "learning_rate": 0.01},
        "text_encoder": None,
        "export": {"fit": fit},
    }
    if histories:
        past = [
            [f"u{user}", "|".join(f"i{item}" for item in random.integers(ITEMS + 5, size=7))]
            for user in range(5, 60)
        ]
        _write(folder / "past.csv", ["user", "items"], past)
        job["histories"] = {"path": "past.csv", "user": "user", "items": "items"}
    (folder / "job.yaml").write_text(yaml.safe_dump(job))
    return folder / "job.yaml"


def _write(path: Path, header: list[str], rows: list[list[object]]) -> None:
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([header, *rows])
