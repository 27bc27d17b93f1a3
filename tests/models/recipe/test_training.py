"""What is evaluated was made without the test part: neither weights nor anything fitted on validation know it."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.console import Console

from app.cli import main
from models.recipe.evaluation_lists import interactions_before
from models.recipe.ingestion import JobData
from models.recipe.training import refresh_for_test, refresh_with_all, train
from models.training.corpus import PART_TEST, PART_VALID


def quiet() -> Console:
    return Console(file=io.StringIO())


def shuffle_test_part(path) -> None:
    """Shuffle users, items, values and actions among the last tenth of the events."""
    with path.open() as stream:
        rows = sorted(csv.DictReader(stream), key=lambda row: int(row["time"]))
    last = rows[-len(rows) // 10 :]
    random = np.random.default_rng(1)
    for column in ("user", "item", "value", "action"):
        cells = random.permutation([row[column] for row in last]).tolist()
        for row, cell in zip(last, cells, strict=True):
            row[column] = cell
    with path.open("w") as stream:
        writer = csv.DictWriter(stream, rows[0].keys())
        writer.writeheader()
        writer.writerows(rows)


def with_training(data: JobData, **settings: object) -> JobData:
    """The data of the same job with other settings of its training."""
    training = data.job.training.model_copy(update=settings)
    return replace(data, job=data.job.model_copy(update={"training": training}))


@pytest.fixture(scope="module")
def runs(make_shop, make_ingested, tmp_path_factory):
    """Two runs whose data differ in the test part alone, each refresh_for_test for the evaluation."""
    found = []
    for number in range(2):
        path = make_shop(tmp_path_factory.mktemp("run"))
        if number:
            shuffle_test_part(path.parent / "events.csv")
        data, run = train(make_ingested(path), "a run", path.parent / "bundle", quiet())
        found.append((data, refresh_for_test(data, run, quiet())))
    return found


def test_the_test_part_changes_nothing_that_is_evaluated(runs):
    (one, mine), (other, its) = runs
    assert not np.array_equal(one.dataset.interactions.items, other.dataset.interactions.items)
    np.testing.assert_array_equal(
        one.dataset.interactions.items[:1350], other.dataset.interactions.items[:1350]
    )
    for name, value in mine.network.state_dict().items():
        assert torch.equal(value, its.network.state_dict()[name]), name
    assert mine.fitted == its.fitted
    assert [figure.valid for figure in mine.figures] == [figure.valid for figure in its.figures]


def test_what_each_part_may_know(runs):
    data, _ = runs[0]
    assert len(interactions_before(data, PART_VALID).users) == 1200
    assert len(interactions_before(data, PART_TEST).users) == 1350
    assert interactions_before(data, PART_TEST).times.max() < data.split.test_at


def test_a_refresh_learns_and_may_be_left_out(runs):
    data, run = runs[0]
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    assert refresh_with_all(with_training(data, refresh_epochs=0), run, quiet()) is run
    refresh_with_all(data, run, quiet())
    after = run.network.state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)


def test_a_refresh_without_time_is_left_out_and_named(runs):
    data, run = runs[0]
    minutes = data.job.training.max_minutes
    spent = replace(run, seconds={"train": 60 * minutes - 1, "refresh": 1.0})
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    shown = io.StringIO()
    console = Console(file=shown, width=200)
    found = refresh_for_test(data, spent, console)
    sentence = (
        "training.max_minutes (45) left no time for the refresh on the validation part, before the test"
    )
    assert found.cuts == (sentence,)
    assert f"warning: {sentence}" in shown.getvalue()
    assert all(torch.equal(value, before[name]) for name, value in run.network.state_dict().items())


def test_refreshes_with_little_time_have_fewer_epochs(runs):
    """Epochs of 100 s, and 400 s left: an epoch of both refreshes is 1.125 + 1.25 epochs of training."""
    data, run = runs[0]
    data = with_training(data, refresh_epochs=3)
    slow = tuple(replace(epoch, seconds=100.0) for epoch in run.figures)
    spent = replace(run, figures=slow, seconds={"train": 60 * data.job.training.max_minutes - 400})
    shown = io.StringIO()
    console = Console(file=shown, width=200)
    once = refresh_for_test(data, spent, console)
    assert once.cuts == (
        "training.max_minutes (45) cut the refresh on the validation part, before the test, to 1 of 3 epochs",
    )
    twice = refresh_with_all(data, once, console)  # it has 400 s / 125 s: all 3 epochs
    assert twice.cuts == once.cuts
    assert twice.seconds["refresh"] > once.seconds["refresh"]
    assert shown.getvalue().count("refresh epoch") == 4


def test_what_the_time_limit_cuts_is_on_the_console_and_in_the_report(make_shop, tmp_path, capsys):
    """The refresh on all data follows the evaluation, and is in the report all the same."""
    job = make_shop(tmp_path, training={"max_minutes": 1e-9, "epochs": 4})
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 0
    shown = capsys.readouterr().out
    cuts = json.loads((tmp_path / "bundle" / "report.json").read_text())["training_cuts"]
    assert cuts == [
        "training.max_minutes (1e-09) ended training after 0 of at most 4 epochs",
        "training.max_minutes (1e-09) left no time for the refresh on the validation part, before the test",
        "training.max_minutes (1e-09) left no time for the refresh on all data, for the published network",
    ]
    for cut in cuts:
        assert f"warning: {cut}" in shown
        assert shown.count(cut) >= 2  # at once, and in the report


def test_training_with_enough_time_is_not_cut(runs):
    assert [run.cuts for _, run in runs] == [(), ()]
