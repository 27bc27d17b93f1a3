"""What the town did before the first simulated day, as the data and job of a small training."""

import csv
import json
from pathlib import Path

import numpy as np

from benchmarks.closed_loop.town import LIST, Town, draw_takes

DAY_S = 86_400
DAYS = 14
ACTIVE = 0.5
JOB = """\
name: town
interactions: {path: events.csv, user: user_id, item: item_id, time: timestamp, action: action}
items: {path: items.jsonl, id: item_id, categories: genres}
tasks:
  - {name: genre, kind: multilabel, label: item.genres}
network: {dim: 32, layers: 1, history_length: 20, experts: shared_bottom}
training: {epochs: 4, patience: 2, refresh_epochs: 1, max_minutes: 2}
evaluation: {max_minutes: 1, max_lists: 200}
text_encoder:
"""


def write(folder: Path, town: Town, end: float) -> int:
    """Write events.csv, items.jsonl and job.yaml; returns the number of events.

    Half of each list of the first period was drawn by quality, half by chance. `end` is in Unix seconds.
    """
    random = np.random.default_rng(town.seed)
    alive = np.flatnonzero(town.lives.alive(0))
    weights = np.exp(town.tastes.quality[alive])
    weights = 0.5 * weights / weights.sum() + 0.5 / len(alive)
    liking = town.affinity(0)
    fashion = np.zeros(len(town.tastes.items))
    rows: list[tuple[str, str, str, int]] = []
    for day in range(DAYS):
        for user in np.flatnonzero(random.random(len(liking)) < ACTIVE):
            places = random.choice(alive, LIST, replace=False, p=weights)
            chances = town.chances(int(user), liking[user], fashion)
            at = int(end - (DAYS - day) * DAY_S + random.integers(DAY_S - 60))
            for rank in draw_takes(chances, places, random):
                town.taken.setdefault(int(user), []).append(int(places[rank]))
                rows.append((f"u{user}", town.tastes.items[places[rank]], "click", at + rank))
    rows.sort(key=lambda row: row[3])
    with (folder / "events.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("user_id", "item_id", "action", "timestamp"), *rows])
    lines = (
        json.dumps({"item_id": town.tastes.items[item], "genres": list(town.tastes.genres[item])})
        for item in alive
    )
    (folder / "items.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "job.yaml").write_text(JOB)
    return len(rows)
