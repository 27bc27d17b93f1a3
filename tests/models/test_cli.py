"""What the offline commands say when something is wrong: one clear line, exit code 1, no traceback."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from app import golden
from app.cli import main
from models.contract.bundle import BundleError

Refused = Callable[..., str]


@pytest.fixture
def refused(capsys) -> Refused:
    """Run a command that must fail; returns its one line."""

    def run(*arguments: object) -> str:
        assert main([str(argument) for argument in arguments]) == 1
        given = capsys.readouterr()
        lines = given.err.splitlines()
        assert len(lines) == 1, given.err
        assert lines[0].startswith("chorus: ")
        assert "Traceback" not in given.out + given.err
        return lines[0].removeprefix("chorus: ")

    return run


def edit(job: Path, **changes) -> Path:
    """The job with some keys replaced; a dotted key goes into its section."""
    raw = yaml.safe_load(job.read_text())
    for key, value in changes.items():
        *sections, last = key.split("__")
        place = raw
        for section in sections:
            place = place[int(section) if section.isdigit() else section]
        place[last] = value
    job.write_text(yaml.safe_dump(raw))
    return job


@pytest.fixture
def job(make_shop, tmp_path) -> Path:
    return make_shop(tmp_path / "shop")


def test_a_job_that_is_not_there(refused, tmp_path):
    line = refused("train", tmp_path / "nowhere.yaml", "--out", tmp_path / "bundle")
    assert line.startswith("job: expected a readable YAML file at ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"color": "red"}, "color: expected one of the keys name, interactions, "),
        ({"network__dims": 3}, "network.dims: expected one of the keys dim, layers, "),
        ({"network__dim": 10, "network__attention_heads": 4}, "network: expected dim divisible by "),
        ({"training__epochs": 0}, "training.epochs: expected greater than or equal to 1, given 0"),
        ({"training__seed": 2**70}, "training.seed: expected less than or equal to 2147483647, given "),
        ({"interactions__user": "who"}, "interactions.user: expected one of the columns of events.csv"),
        ({"interactions__path": "no.csv"}, "interactions.path: expected a file, given 'no.csv'"),
        (
            {"interactions__value": "device"},
            "interactions.value: expected numbers in the column device, given ",
        ),
        ({"items__numeric": "length"}, "items.numeric.length: expected one of the columns of items.jsonl"),
        ({"tasks": [{"name": "x", "kind": "binary", "label": "rating > 4"}]}, "tasks.x.label: expected "),
        (
            {"tasks": [{"name": "x", "kind": "binary", "label": "context.device == 'tv'"}]},
            "tasks.x.label: expected a label with value or action, given \"context.device == 'tv'\": a binary head ",
        ),
        (
            {"interactions__context": ["device", "value"]},
            "tasks.like.label: expected a label that the head is not given as a feature, given 'value', "
            "whose column is also in interactions.context; tasks.rating.label: expected ",
        ),
        (
            {"tasks": [{"name": "x", "kind": "binary", "label": "action == 'rated'"}]},
            "tasks.x.label: expected a value of action that occurs in the data (rate, view), given 'rated'",
        ),
        ({"tasks": [{"name": "x", "kind": "binary", "label": "value >"}]}, "tasks.x.label: expected "),
        ({"tasks": [{"name": "x", "kind": "odd", "label": "value"}]}, "tasks.0.kind: expected 'binary', "),
        ({"scenes": {"home": {"love": 1.0}}}, "scenes.home.love: expected one of the heads like, "),
        ({"text_encoder": "parrot"}, "text_encoder: expected one of 'use-multilingual'"),
        (
            {"text_encoder": "sentence-transformers:/nowhere/at/all"},
            "text_encoder: ",
        ),
    ],
)
def test_a_job_that_cannot_be_run(refused, job, changes, expected):
    if "tasks" in changes:
        changes = changes | {"scenes": {}}
    if "interactions__value" in changes:
        changes = changes | {"tasks": [], "scenes": {}}
    assert refused("train", edit(job, **changes), "--out", job.parent / "bundle").startswith(expected)
    assert not (job.parent / "bundle").exists()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "interactions.path: expected rows in "),
        (
            "user,item,time,value,action,device\n",
            "interactions.path: expected rows in events.csv, given none",
        ),
        (
            "user,item,time,value,action,device\nu0,i1,1,1,rate,x\n",
            "split: expected at least 3 distinct times",
        ),
    ],
)
def test_a_log_with_nothing_to_learn_from(refused, job, content, expected):
    (job.parent / "events.csv").write_text(content)
    assert refused("train", job, "--out", job.parent / "bundle").startswith(expected)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"tasks__0__label": "value >= 99"},
            "tasks.like.label: expected training rows for which it holds and ",
        ),
        (
            {"tasks__1__range": [100, 200]},
            "tasks.rating.range: expected a range that the labels of the training ",
        ),
        (
            {"split": {"valid": 0.1, "test": 0.00001}},
            "split.test: expected a share of at least one event of 1,500",
        ),
    ],
)
def test_a_job_with_nothing_to_learn_or_measure(refused, job, changes, expected):
    """It is said before the training, and nothing is published."""
    assert refused("train", edit(job, **changes), "--out", job.parent / "bundle").startswith(expected)
    assert not (job.parent / "bundle").exists()


def test_yaml_that_is_none(refused, job):
    job.write_text("name: [shop\n")
    assert refused("train", job, "--out", job.parent / "bundle").startswith("job: expected YAML in ")
    job.write_text("- a list\n")
    assert "expected a mapping of keys to values" in refused("train", job, "--out", job.parent / "bundle")


def test_an_unknown_data_set(refused, tmp_path):
    line = refused("fetch", "netflix", "--out", tmp_path)
    assert line == "expected one of movielens-100k, shop, given 'netflix'"


@pytest.mark.parametrize("command", [["inspect"], ["evaluate"], ["evaluate", "--json"]])
def test_a_folder_that_is_no_bundle(refused, tmp_path, command):
    for folder in (tmp_path, tmp_path / "nowhere"):
        line = refused(command[0], folder, *command[1:])
        assert line.startswith(f"expected a bundle with a readable manifest.json at {folder}")


def test_a_damaged_bundle(refused, shop_bundle, tmp_path):
    bundle = Path(shutil.copytree(shop_bundle, tmp_path / "bundle"))
    with (bundle / "report.json").open("a") as stream:
        stream.write(" ")
    for command in ("inspect", "evaluate"):
        assert refused(command, bundle).startswith("expected report.json with checksum ")


def test_a_folder_with_something_else_in_it(refused, job):
    """It is said before the training, and nothing is touched."""
    out = job.parent / "photos"
    out.mkdir()
    (out / "cat.jpg").write_text("purr")
    line = refused("train", job, "--out", out)
    assert line == f"expected no folder, an empty one or a bundle at {out}, given something else"
    assert [one.name for one in out.iterdir()] == ["cat.jpg"]


@pytest.mark.parametrize("suffix", ["", ".rejected", ".previous"])
def test_a_folder_that_training_would_replace(refused, job, suffix):
    """It is refused before the files are read: a broken log is not mentioned."""
    (job.parent / "events.csv").write_text("")
    out = job.parent / "bundle"
    photos = job.parent / f"bundle{suffix}"
    photos.mkdir()
    (photos / "cat.jpg").write_text("purr")
    line = refused("train", job, "--out", out)
    assert line == f"expected no folder, an empty one or a bundle at {photos}, given something else"
    assert [one.name for one in photos.iterdir()] == ["cat.jpg"]


def test_a_job_without_the_gate_needs_no_rejected_folder(refused, job):
    (job.parent / "events.csv").write_text("")
    (job.parent / "bundle.rejected").mkdir()
    (job.parent / "bundle.rejected" / "cat.jpg").write_text("purr")
    line = refused("train", edit(job, promotion={"enabled": False}), "--out", job.parent / "bundle")
    assert line.startswith("interactions.path: expected rows in ")


def test_a_folder_that_cannot_be_written(refused, job):
    (job.parent / "events.csv").write_text("")
    (job.parent / "file").write_text("")
    line = refused("train", job, "--out", job.parent / "file" / "deep" / "bundle")
    assert line.startswith(f"expected a folder that can be written at {job.parent / 'file' / 'deep'}, given ")
    (job.parent / "bundle.work").write_text("")
    line = refused("train", job, "--out", job.parent / "bundle")
    assert line == f"expected a folder or none at {job.parent / 'bundle.work'}, given a file"
    assert refused("train", job, "--out", "/proc/self/bundle").startswith(
        "expected a folder that can be written at /proc/self, given /proc/self ("
    )


def test_several_errors_are_one_line(refused, job):
    line = refused("train", edit(job, color="red", shape="round"), "--out", job.parent / "b")
    first, second = line.split("; ")
    assert first.startswith("color: expected one of the keys ")
    assert second.startswith("shape: expected one of the keys ")
    columns = edit(job, interactions__user="who", interactions__item="what")
    raw = yaml.safe_load(columns.read_text())
    columns.write_text(yaml.safe_dump({key: raw[key] for key in raw if key not in ("color", "shape")}))
    first, second = refused("train", columns, "--out", job.parent / "b").split("; ")
    assert first.startswith("interactions.user: expected one of the columns of events.csv ")
    assert second.startswith("interactions.item: expected one of the columns of events.csv ")


@pytest.mark.parametrize("arguments", [[], ["sing"], ["train"], ["train", "job.yaml"]])
def test_arguments_that_cannot_be_used(capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert "usage: chorus" in capsys.readouterr().err


def test_a_bundle_that_the_service_refuses_is_not_published(refused, job, monkeypatch):
    """Training ends with 1, and the bundle that is there already stays as it is."""

    def refuse(_bundle, *, explain):
        assert explain, "what is published is replayed with its reasons"
        raise BundleError("expected the offline logits of 'like', given others")

    edit(job, training__epochs=1)
    out = job.parent / "bundle"
    arguments = ["train", str(job), "--out", str(out)]
    with monkeypatch.context() as patch:
        patch.setattr(golden, "replay", refuse)
        assert refused(*arguments) == "expected the offline logits of 'like', given others"
    assert not out.exists() and not list(job.parent.glob(".bundle.*"))
    assert main(arguments) == 0
    before = (out / "manifest.json").read_bytes()
    monkeypatch.setattr(golden, "replay", refuse)
    assert refused(*arguments) == "expected the offline logits of 'like', given others"
    assert (out / "manifest.json").read_bytes() == before
    assert not out.with_name("bundle.previous").exists()


def test_half_of_a_log_with_another_time_format(refused, job):
    """The line names the reason, the count and an example; a higher max_loss trains on the rest."""
    log = job.parent / "events.csv"
    header, *rows = log.read_text().splitlines()
    time = header.split(",").index("time")
    changed = [
        ",".join(
            "2024-01-05 10:00" if place == time and number % 2 else cell
            for place, cell in enumerate(row.split(","))
        )
        for number, row in enumerate(rows)
    ]
    log.write_text("\n".join([header, *changed, changed[1]]) + "\n")
    line = refused("train", job, "--out", job.parent / "bundle")
    assert line.startswith("interactions.max_loss: expected at most 50% of the rows to be unusable, given ")
    assert "rows: time is not a time (time_unit: s), such as events.csv, row 3: '2024-01-05 10:00'" in line
