"""What context and roles change in the default list: two logs whose right answers are known."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import yaml

from app.bundle.bundle import LoadedBundle
from app.cli import main
from app.golden import open_and_check
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from models.contract.catalogue import UserState
from models.ranking.rerank import Diversity

USERS, ITEMS, EVENTS = 120, 60, 24
DEVICES = ("mobile", "desktop")
START = 1.7e9
NETWORK = {"dim": 16, "layers": 1, "expert_width": 16, "tower_width": 8, "history_length": 20}
TRAINING = {"epochs": 14, "learning_rate": 0.02, "refresh_epochs": 1, "batch_size": 8}


def train(folder: Path, rows: Sequence[str], columns: str, section: dict[str, object]) -> LoadedBundle:
    (folder / "log.csv").write_text("\n".join([f"user,item,time,{columns}", *rows]) + "\n")
    log = {"path": "log.csv", "user": "user", "item": "item", "time": "time"}
    job = {"name": "log", "interactions": log | section, "network": NETWORK, "training": TRAINING}
    (folder / "job.yaml").write_text(yaml.safe_dump(job))
    assert main(["train", str(folder / "job.yaml"), "--out", str(folder / "bundle")]) == 0
    return open_and_check(folder / "bundle", 300)


def ask(bundle: LoadedBundle, user: str, context: dict[str, str]) -> list[int]:
    """The numbers of the ten items of the default list; '' for a stranger."""
    query = Query(
        state=bundle.known_users.state(user) if user else UserState(),
        now=START + 1e6,
        limit=10,
        context=context,
        weights=bundle.manifest.fusion.weights,
        diversity=Diversity("mmr", 0.3),
    )
    slate = recommend(bundle, query)
    return [int(bundle.catalogue.ids[row][1:]) for row in slate.scored.candidates.rows[slate.order]]


@pytest.fixture(scope="module")
def by_device(tmp_path_factory: pytest.TempPathFactory) -> LoadedBundle:
    """The device of each event decides, at random, which half of the catalogue its item is from."""
    random = np.random.default_rng(1)
    rows = []
    for user in range(USERS):
        for step in range(EVENTS):
            device = int(random.integers(2))
            item = int(random.integers(ITEMS // 2)) + device * ITEMS // 2
            rows.append(f"u{user},i{item},{START + 3600 * step + user:.0f},{DEVICES[device]}")
    return train(tmp_path_factory.mktemp("device"), rows, "device", {"context": ["device"]})


def test_the_device_of_the_request_decides_the_list(by_device: LoadedBundle) -> None:
    right = [
        (item >= ITEMS // 2) == bool(device)
        for user in ("", *(f"u{number}" for number in range(0, USERS, 8)))
        for device, name in enumerate(DEVICES)
        for item in ask(by_device, user, {"device": name})
    ]
    assert np.mean(right) >= 0.9


def test_without_a_device_a_list_is_of_both_halves(by_device: LoadedBundle) -> None:
    halves = [item >= ITEMS // 2 for user in range(0, USERS, 8) for item in ask(by_device, f"u{user}", {})]
    assert 0.2 <= np.mean(halves) <= 0.8


def test_what_was_shown_and_never_taken_is_not_recommended(tmp_path: Path) -> None:
    """Every fifth item is shown more often than any other, and never taken."""
    random = np.random.default_rng(2)
    taken = [item for item in range(ITEMS) if item % 5]
    rows = []
    for user in range(USERS):
        for step in range(EVENTS):
            shown = random.random() < 0.5
            item = 5 * int(random.integers(ITEMS // 5)) if shown else int(random.choice(taken))
            action = "impression" if shown or random.random() < 0.2 else "click"
            rows.append(f"u{user},i{item},{START + 3600 * step + user:.0f},{action}")
    bundle = train(tmp_path, rows, "action", {"action": "action"})
    listed = [item for user in ("", "u1", "u2", "u3", "u4", "u5") for item in ask(bundle, user, {})]
    assert np.mean([item % 5 == 0 for item in listed]) <= 0.05
