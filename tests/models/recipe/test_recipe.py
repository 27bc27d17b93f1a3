"""The recipe end to end through the command line: from poor to rich data, every way to share and to fuse."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.bundle.bundle import LoadedBundle
from app.bundle.loading import load_bundle
from app.bundle.torch_predictor import TorchPredictor
from app.cli import main
from app.golden import replay
from models.contract.bundle import ITEM_STATISTICS, USER_VECTORS, read_manifest, verify
from models.contract.tasks import NEXT
from models.contract.vocabulary import OOV
from models.evaluation.report.schema import Report

EVERY_TASK = {"like", "rating", "genre", "device"}


def trained(job: Path) -> LoadedBundle:
    """Train a job by the command, open what came of it as the service does, and replay its golden requests."""
    out = job.parent / "bundle"
    assert main(["train", str(job), "--out", str(out)]) == 0
    verify(out)
    loaded = load_bundle(out, 300)
    assert replay(loaded) > 0
    return loaded


def report_of(loaded: LoadedBundle) -> Report:
    return Report.model_validate_json((loaded.folder / "report.json").read_bytes())


POOR = {"path": "events.csv", "user": "user", "item": "item", "order": "time"}


def test_poor(make_shop, tmp_path, capsys):
    """Who and what in an order: no values, no items file, no users, no tasks."""
    loaded = trained(make_shop(tmp_path, interactions=POOR, items=None, users=None, tasks=None, scenes=None))
    assert loaded.heads == (NEXT,)
    assert not loaded.spec.timed
    assert loaded.manifest.fusion.weights == {NEXT: 1.0}
    assert isinstance(loaded.predictor, TorchPredictor) and not loaded.predictor.timed
    statistics = np.load(loaded.folder / ITEM_STATISTICS)
    assert np.expm1(statistics[:, 1]).sum() == pytest.approx(1500, rel=1e-4)  # for the popular source
    assert report_of(loaded).at_cutoff.lists > 0
    assert "published shop-" in capsys.readouterr().out


def test_middle(make_shop, tmp_path):
    """Times and values, one task."""
    interactions = {**POOR, "time": "time", "value": "value"}
    del interactions["order"]
    tasks = [{"name": "like", "kind": "binary", "label": "value >= 4"}]
    loaded = trained(make_shop(tmp_path, interactions=interactions, items=None, users=None, tasks=tasks))
    assert loaded.heads == (NEXT, "like")
    assert loaded.spec.value_range == (1.0, 5.0)
    assert set(loaded.manifest.calibrations) == {NEXT, "like"}
    assert (report_of(loaded).heads[0].name, report_of(loaded).heads[0].count) == ("like", 136)


def parquet(folder: Path) -> dict[str, object]:
    """The shop's events as Parquet, with real timestamps and a text column for users."""
    lines = (folder / "events.csv").read_text().splitlines()
    names = lines[0].split(",")
    columns = dict(zip(names, zip(*(line.split(",") for line in lines[1:]), strict=True), strict=True))
    times = pa.array([int(time) for time in columns["time"]], pa.int64()).cast(pa.timestamp("s", tz="UTC"))
    values = pa.array([float(value) if value else None for value in columns["value"]], pa.float64())
    table = {name: pa.array(cells) for name, cells in columns.items()} | {"time": times, "value": values}
    pq.write_table(pa.table(table), folder / "events.parquet")
    return {
        "path": "events.parquet", "user": "user", "item": "item", "time": "time", "action": "action",
        "value": "value", "context": ["device"],
    }  # fmt: skip


def test_rich(make_shop, tmp_path):
    """Parquet and JSON Lines, context, vectors, every kind of task, real texts; fitted on all."""
    make_shop(tmp_path)
    items = {
        "path": "items.jsonl", "id": "id", "categories": "genres", "categorical": "brand",
        "numeric": "year", "text": "title", "vectors": "image", "available": "year > 1950",
    }  # fmt: skip
    job = make_shop(
        tmp_path,
        interactions=parquet(tmp_path),
        items=items,
        text_encoder="use-multilingual",
        export={"fit": "all"},
    )
    loaded = trained(job)
    assert set(loaded.heads) == EVERY_TASK | {NEXT}
    assert (loaded.manifest.text_encoder, loaded.spec.text_size) == ("use-multilingual", 512)
    assert loaded.manifest.scenes == {"home": {"next": 1.0, "like": 0.5}}
    assert loaded.manifest.available == "year > 1950"
    unavailable = {loaded.catalogue.ids[row] for row in np.flatnonzero(~loaded.catalogue.available).tolist()}
    assert {"i0", "i9", "i19"} <= unavailable  # of 1950, or of no year
    assert unavailable == {
        item.item_id for item in loaded.catalogue.items if float(str(item.attributes.get("year", 0))) <= 1950
    }
    assert sum(len(loaded.known_users.state(f"u{user}").events) for user in range(60)) == 1500
    assert loaded.manifest.summary["ndcg@10"] > 0
    assert {row.name for row in report_of(loaded).at_cutoff.rows} >= {"chorus", "popularity", "EASE"}


@pytest.mark.parametrize(
    ("experts", "fusion"), [("shared_bottom", "stacking"), ("mmoe", "vote"), ("ple", "weighted_mean")]
)
def test_every_way_to_share_and_to_fuse(make_shop, tmp_path, experts, fusion):
    network = {"dim": 8, "layers": 1, "history_length": 10, "expert_width": 8, "experts": experts}
    loaded = trained(make_shop(tmp_path, network=network, fusion=fusion))
    assert loaded.manifest.network["experts"] == experts
    assert loaded.manifest.fusion.method == fusion
    assert set(loaded.manifest.fusion.utilities) == EVERY_TASK | {NEXT}


def test_fitted_on_train_knows_nothing_of_the_test(make_shop, tmp_path):
    loaded = trained(make_shop(tmp_path, export={"fit": "train"}))
    report = report_of(loaded)
    known = sum(len(loaded.known_users.state(f"u{user}").events) for user in range(60))
    assert known == report.data.train + report.data.valid == 1350
    assert loaded.manifest.statistics_at == report.data.test_from


def test_without_a_test_part(make_shop, tmp_path):
    """The caller holds out their own: nothing to report, all to learn from."""
    loaded = trained(make_shop(tmp_path, split={"valid": 0.1, "test": 0}))
    report = report_of(loaded)
    assert (report.data.test, report.at_cutoff.lists, report.next_event.lists, report.heads) == (0, 0, 0, ())
    assert sum(len(loaded.known_users.state(f"u{user}").events) for user in range(60)) == 1500
    assert loaded.manifest.summary == {}
    assert main(["evaluate", str(loaded.folder)]) == 0


def test_everybody_always_takes_the_same(make_shop, tmp_path, capsys):
    """Nothing new to anyone in validation or test: no list to rank, and still a bundle."""
    rows = [f"u{n % 5},i{n % 5 + n // 5 % 2},{1000 + n},{n % 5 + 1}\n" for n in range(200)]
    (tmp_path / "again.csv").write_text("u,i,t,v\n" + "".join(rows))
    job = make_shop(
        tmp_path,
        interactions={"path": "again.csv", "user": "u", "item": "i", "time": "t", "value": "v"},
        items=None,
        users=None,
        tasks=[{"name": "like", "kind": "binary", "label": "value >= 4"}],
    )
    loaded = trained(job)
    assert loaded.manifest.fusion.weights == {NEXT: 1.0}
    assert report_of(loaded).at_cutoff.lists == 0
    assert "no test user has a new item" in capsys.readouterr().out


def test_a_label_that_is_rare(make_shop, tmp_path):
    """No label at all in validation and test: nothing to calibrate on, nothing to measure."""
    rows = [f"u{n % 10},i{n % 37},{1000 + n},{n % 5 + 1 if n < 30 else ''}\n" for n in range(300)]
    (tmp_path / "few.csv").write_text("u,i,t,v\n" + "".join(rows))
    job = make_shop(
        tmp_path,
        interactions={"path": "few.csv", "user": "u", "item": "i", "time": "t", "value": "v"},
        items=None,
        users=None,
        tasks=[
            {"name": "like", "kind": "binary", "label": "value >= 4"},
            {"name": "rating", "kind": "regression", "label": "value", "range": [1, 5]},
        ],
    )
    loaded = trained(job)
    assert loaded.manifest.calibrations["like"].scale == 1.0
    assert [head.count for head in report_of(loaded).heads] == [0, 0]


def test_new_users_and_items_after_training(make_shop, tmp_path):
    """Half of validation and test is of users and items that training never saw."""
    rows = [f"u{n % 10},i{n % 37},{1000 + n}\n" for n in range(200)]
    rows += [f"new{n % 7},fresh{n % 23},{2000 + n}\n" for n in range(60)]
    (tmp_path / "new.csv").write_text("u,i,t\n" + "".join(rows))
    interactions = {"path": "new.csv", "user": "u", "item": "i", "time": "t"}
    job = make_shop(tmp_path, interactions=interactions, items=None, users=None, tasks=None, scenes=None)
    loaded = trained(job)
    assert np.isfinite(np.load(loaded.folder / USER_VECTORS)).all()
    assert len(loaded.catalogue.vectors) == 37 + 23


NEWEST = [
    ({"time": "time"}, {"valid": 0.1, "test": 0.1}),
    ({"time": "time"}, {"valid": 0.1, "test": 0}),
    ({"order": "time"}, {"valid": 0.1, "test": 0.1}),
]


@pytest.mark.parametrize(("when", "split"), NEWEST, ids=["timed", "no test", "untimed"])
def test_fitted_on_all_knows_the_newest(make_shop, tmp_path, when, split):
    """Items, labels, actions and contexts that come after the training part are in the published vocabularies."""
    rows = [f"u{n % 10},i{(n // 10 + 3 * n) % 37},{1000 + n},view,desk\n" for n in range(300)]
    rows += [f"u{n % 10},fresh{n % 7},{2000 + n},save,tv\n" for n in range(20)]
    (tmp_path / "new.csv").write_text("user,item,time,did,device\n" + "".join(rows))
    ids = [f"i{n}" for n in range(37)] + [f"fresh{n}" for n in range(7)]
    (tmp_path / "new.jsonl").write_text(
        "".join(json.dumps({"id": one, "kinds": [one[:5]]}) + "\n" for one in ids)
    )
    job = make_shop(
        tmp_path,
        interactions={
            "path": "new.csv", "user": "user", "item": "item", "action": "did", "context": ["device"], **when,
        },
        items={"path": "new.jsonl", "id": "id", "categories": "kinds"},
        users=None, tasks=None, scenes=None, split=split, export={"fit": "all"},
    )  # fmt: skip
    loaded = trained(job)
    spec = loaded.spec
    assert "fresh3" in spec.item_ids
    assert "kinds=fresh" in spec.item_tokens
    assert ("save" in spec.actions, "device=tv" in spec.context_tokens) == (True, True)
    assert isinstance(loaded.predictor, TorchPredictor)
    ids_table = loaded.predictor.network.items.ids.weight.detach()
    unlike = ids_table[spec.item_ids.encode(["fresh3", "fresh5"])] - ids_table[OOV]
    assert (unlike.abs().max(1).values > 0).all()  # learned, not only there


def test_a_run_that_is_stopped_goes_on(make_shop, tmp_path, monkeypatch, capsys):
    """Ctrl-C after the first epoch, then the same command again: the same network as without."""
    from models.training.checkpoint import CheckpointFile

    whole = trained(make_shop(tmp_path / "whole"))
    job = make_shop(tmp_path / "stopped")
    write = CheckpointFile.write

    def then_stop(self, *given):
        write(self, *given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointFile, "write", then_stop)
        assert main(["train", str(job), "--out", str(job.parent / "bundle")]) == 130
    assert not (job.parent / "bundle").exists()
    assert (job.parent / "bundle.work" / "checkpoint.pt").is_file()
    capsys.readouterr()
    resumed = trained(job)
    told = capsys.readouterr().out
    assert "training epoch 2" in told
    assert "training epoch 1" not in told
    assert not (job.parent / "bundle.work" / "checkpoint.pt").exists()
    mine, its = read_manifest(whole.folder).files, read_manifest(resumed.folder).files
    for name in ("weights.safetensors", "item_vectors.npy", "user_vectors.npy", "golden.json"):
        assert mine[name] == its[name], name


def test_the_same_job_gives_the_same_bundle(make_shop, shop_bundle, tmp_path):
    again = trained(make_shop(tmp_path))
    mine, its = read_manifest(shop_bundle), read_manifest(again.folder)
    differ = {name for name in mine.files if mine.files[name] != its.files[name]}
    assert differ <= {"report.json", "report.html"}  # they tell the time
    assert mine.fusion == its.fusion
    assert mine.calibrations == its.calibrations


def test_inspect_and_evaluate(shop_bundle, capsys):
    assert main(["inspect", str(shop_bundle)]) == 0
    out = capsys.readouterr().out
    shown, _, last = out.rstrip("\n").rpartition("\n")
    assert json.loads(shown)["job"] == "shop"
    assert last.endswith("all checksums right")
    assert main(["evaluate", str(shop_bundle), "--json"]) == 0
    given = Report.model_validate_json(capsys.readouterr().out)
    assert given.data.interactions == 1500
    assert main(["evaluate", str(shop_bundle)]) == 0
    assert "NDCG" in capsys.readouterr().out
