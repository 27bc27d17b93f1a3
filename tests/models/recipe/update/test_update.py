"""`chorus update`: what it learns, what it keeps, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from app.cli import main
from app.golden import open_and_check
from models.contract.bundle import read_features, read_manifest, verify
from models.contract.histories import read_histories
from models.network.model import load_network
from tests.models.conftest import write_shop
from tests.models.recipe.update.conftest import LAST, draw_events, write_log

Capture = pytest.CaptureFixture[str]
AddItem = Callable[[Path], None]


def run_update(job: Path, log: Path, out: Path, *others: str) -> int:
    bundle = job.parent / "bundle"
    return main(
        ["update", str(bundle), "--log", str(log), "--out", str(out), "--force", "--passes", "1", *others]
    )


def test_new_users_items_and_labels_grow_the_tables(
    shop_copy: Path, log: Path, with_fresh_item: AddItem, tmp_path: Path, capsys: Capture
) -> None:
    """The old tokens and classes keep their places; the service accepts the bundle, golden requests included."""
    with_fresh_item(shop_copy)
    before, out = shop_copy.parent / "bundle", tmp_path / "updated"
    assert run_update(shop_copy, log, out) == 0, capsys.readouterr().err
    old, new = read_manifest(before), verify(out)
    old_spec, spec = read_features(before, old), read_features(out, new)
    for name in ("item_ids", "item_tokens", "context_tokens", "actions", "user_tokens"):
        tokens = getattr(old_spec, name).tokens
        assert getattr(spec, name).tokens[: len(tokens)] == tokens, name
    assert {"fresh"} == set(spec.item_ids.tokens) - set(old_spec.item_ids.tokens)
    assert "genres=Western" in spec.item_tokens and "device=watch" in spec.context_tokens
    classes = {head.task.name: head.classes for head in new.heads}
    known = {head.task.name: head.classes for head in old.heads}
    assert classes["genre"] == (*known["genre"], "Western") and classes["device"] == (
        *known["device"],
        "watch",
    )
    assert new.statistics_at > LAST > old.statistics_at
    users = json.loads((out / "user_ids.json").read_text())
    assert {f"new{number}" for number in range(8)} <= set(users)
    histories = read_histories(out / "histories.npz")
    assert len(histories.items) == len(read_histories(before / "histories.npz").items) + 132
    assert np.load(out / "item_vectors.npy").shape[0] == len(np.load(before / "item_vectors.npy")) + 1
    open_and_check(out, 100, None)


def test_the_old_weights_are_where_learning_begins(shop_copy: Path, log: Path, tmp_path: Path) -> None:
    """After one pass the item embeddings resemble those of the published network; unrelated ones have a cosine of 0."""
    out, before = tmp_path / "updated", shop_copy.parent / "bundle"
    assert run_update(shop_copy, log, out, "--replay", "0") == 0
    networks = []
    for folder in (before, out):
        manifest = read_manifest(folder)
        networks.append(load_network(folder, manifest, read_features(folder, manifest)))
    old, new = (network.items.ids.weight.detach().numpy() for network in networks)
    old, new = old[2:], new[2 : len(old)]
    cosines = (old * new).sum(1) / np.linalg.norm(old, axis=1) / np.linalg.norm(new, axis=1)
    assert cosines.mean() > 0.5 and not np.array_equal(old, new)


def test_an_update_can_be_updated(shop_copy: Path, log: Path, tmp_path: Path, capsys: Capture) -> None:
    """In place, with a log that grew: only the later events are new, and the bundle before is kept."""
    bundle = shop_copy.parent / "bundle"
    assert run_update(shop_copy, log, bundle) == 0
    assert "132 of them since" in capsys.readouterr().out
    first = read_manifest(bundle)
    write_log(log, draw_events(40, seed=5, start=LAST + 24 * 3600))
    assert run_update(shop_copy, log, bundle) == 0
    assert "40 of them since" in capsys.readouterr().out
    assert read_manifest(bundle.with_name("bundle.previous")) == first
    histories = read_histories(bundle / "histories.npz")
    assert len(histories.items) == 1500 + 132 + 40


def test_a_worse_bundle_is_rejected(
    shop_copy: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published bundle stays, and the message has the figures. A learning rate of 10 ruins any network."""
    monkeypatch.setattr("models.recipe.update.learning.RATE", 1000.0)
    log = write_log(tmp_path / "many", draw_events(600))
    every_list = yaml.safe_load(shop_copy.read_text()) | {"evaluation": {}}
    shop_copy.write_text(yaml.safe_dump(every_list))
    bundle = shop_copy.parent / "bundle"
    published = read_manifest(bundle)
    assert main(["update", str(bundle), "--log", str(log), "--out", str(bundle)]) == 1
    error = capsys.readouterr().err
    assert "expected " in error and "the updated bundle is in" in error and "bundle.rejected" in error
    assert read_manifest(bundle) == published
    assert verify(bundle.with_name("bundle.rejected")).job == "shop"


def test_what_cannot_be_updated_is_refused(
    shop_copy: Path, log: Path, tmp_path: Path, capsys: Capture
) -> None:
    """In one line, before anything is written."""
    bundle, out = shop_copy.parent / "bundle", tmp_path / "updated"

    def refusal(job: Path | None, folder: Path) -> str:
        others = () if job is None else ("--job", str(job))
        assert main(["update", str(bundle), "--log", str(folder), "--out", str(out), *others]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert not out.exists()
        return line

    empty = tmp_path / "empty"
    assert "given none at" in refusal(None, empty)
    empty.mkdir()
    assert "given no Parquet file in" in refusal(None, empty)
    old = write_log(tmp_path / "old", draw_events(20, start=LAST - 40 * 24 * 3600))
    assert "expected events since 2023-12-1" in refusal(None, old)
    two = write_log(tmp_path / "two", draw_events(2))
    assert "expected new events at 3 different moments at least, given 2" in refusal(None, two)
    others = {
        "name": ({"name": "other"}, "name: expected that of the bundle, 'shop', given 'other'"),
        "tasks": ({"tasks": [], "scenes": {}}, "tasks: expected that of the bundle, ['like', "),
        "network": ({"network": {"dim": 32}}, "network.dim: expected that of the bundle, 16, given 32"),
        "users": ({"users": None}, "users: expected that of the bundle, {'taste': 'categorical', "),
    }
    for name, (changes, message) in others.items():
        assert message in refusal(write_shop(tmp_path / name, **changes), log)
    (bundle.with_name("bundle.work") / "job.json").unlink()
    assert "--job: expected the job file of the bundle" in refusal(None, log)
    damaged = bundle / "weights.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    assert "expected weights.safetensors with checksum" in refusal(shop_copy, log)


def test_private_training_is_not_continued(
    shop_copy: Path, log: Path, tmp_path: Path, capsys: Capture
) -> None:
    job = write_shop(tmp_path / "private", training={"privacy": {"epsilon": 5}})
    bundle = shop_copy.parent / "bundle"
    given = ["update", str(bundle), "--log", str(log), "--out", str(tmp_path / "out"), "--job", str(job)]
    assert main(given) == 1
    assert "training.privacy: expected a bundle of training without privacy" in capsys.readouterr().err
