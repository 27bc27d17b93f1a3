"""Heads in a log with exposures: they know an item by its rates and attributes, in training and in the service."""

from dataclasses import replace

import numpy as np
import pytest
import yaml

from app.bundle.bundle import LoadedBundle
from app.cli import main
from app.golden import open_and_check
from app.pipeline.encoding import encode_user
from app.pipeline.scoring.groups import Groups, group_logits
from models.contract.bundle import REPORT
from models.contract.catalogue import Item, UserState
from models.contract.vocabulary import OOV
from models.evaluation.report.schema import Report
from models.network.model import load_network

USERS, ITEMS, SHOWN, KINDS = 150, 300, 20, 3
START = 1.7e9
NETWORK = {"dim": 16, "layers": 1, "expert_width": 16, "tower_width": 8, "history_length": 20}
TRAINING = {"epochs": 12, "learning_rate": 0.01, "refresh_epochs": 1, "batch_size": 8}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> LoadedBundle:
    """A user clicks on the items of one kind, which the profile names: 0.8 of what is shown, else 0.1."""
    folder, random = tmp_path_factory.mktemp("exposures"), np.random.default_rng(3)
    rows = ["user,item,time,action"]
    for user in range(USERS):
        for step, item in enumerate(random.permutation(ITEMS)[:SHOWN].tolist()):
            clicked = random.random() < (0.8 if item % KINDS == user % KINDS else 0.1)
            at = START + 3600 * step + user
            rows.append(f"u{user},i{item},{at:.0f},{'click' if clicked else 'impression'}")
    (folder / "log.csv").write_text("\n".join(rows) + "\n")
    items = ["id,kind", *(f"i{item},k{item % KINDS}" for item in range(ITEMS))]
    (folder / "items.csv").write_text("\n".join(items) + "\n")
    users = ["id,likes", *(f"u{user},k{user % KINDS}" for user in range(USERS))]
    (folder / "users.csv").write_text("\n".join(users) + "\n")
    log = {"path": "log.csv", "user": "user", "item": "item", "time": "time", "action": "action"}
    job = {
        "name": "log",
        "interactions": log,
        "items": {"path": "items.csv", "id": "id", "categorical": ["kind"]},
        "users": {"path": "users.csv", "id": "id", "categorical": ["likes"]},
        "tasks": [{"name": "click", "kind": "binary", "label": 'action == "click"'}],
        "network": NETWORK,
        "training": TRAINING,
    }
    (folder / "job.yaml").write_text(yaml.safe_dump(job))
    assert main(["train", str(folder / "job.yaml"), "--out", str(folder / "bundle")]) == 0
    return open_and_check(folder / "bundle", 300)  # the golden requests hold the offline logits


def click_logits(bundle: LoadedBundle, user: str, rows: list[int]) -> np.ndarray:
    """The logits [n] of the head `click` for items of the catalogue."""
    encoded = encode_user(bundle, bundle.known_users.state(user) if user else UserState())
    zeros = np.zeros(len(rows), dtype=np.int64)
    groups = Groups(np.array(rows), zeros, zeros, [({}, START + 1e6)], [len(rows)])
    return np.asarray(group_logits(bundle, [encoded], groups)["click"][:, 0])


def test_the_head_learns_what_each_user_takes(bundle: LoadedBundle) -> None:
    """The best that can be known has an AUC of 0.86: 0.8 of a third against 0.1 of the others."""
    report = Report.model_validate_json((bundle.folder / REPORT).read_bytes())
    (click,) = (head for head in report.heads if head.name == "click")
    assert click.after["auc"] > 0.8
    assert click.after["auc"] > max(figures["auc"] for figures in click.trivial.values())


def test_the_service_leaves_the_ids_out(bundle: LoadedBundle) -> None:
    """Of two items of one kind without events the head says the same, though training gave one of them an ID."""
    catalogue = bundle.fork().catalogue
    blank = np.zeros(bundle.spec.statistics_width, dtype=np.float32)
    new = Item("new", {"kind": "k1"})
    catalogue = catalogue.with_item(new, bundle.item_row(new))
    catalogue.store.columns["statistics"][1] = blank
    changed = replace(bundle, catalogue=catalogue)
    known, unknown = catalogue.row("i1"), catalogue.row("new")
    assert known is not None and unknown is not None
    assert catalogue.id_indices[unknown] == OOV != catalogue.id_indices[known]
    assert np.abs(catalogue.vectors[known] - catalogue.vectors[unknown]).max() > 0.01
    first, second = click_logits(changed, "u4", [known, unknown])
    assert first == pytest.approx(second, abs=1e-5)


def test_a_log_without_attributes_keeps_the_ids(bundle: LoadedBundle) -> None:
    network = load_network(bundle.folder, bundle.manifest, bundle.spec)
    bare = load_network(bundle.folder, bundle.manifest, bundle.spec.model_copy(update={"item_fields": ()}))
    assert (network.heads_read_ids, bare.heads_read_ids) == (False, True)
