"""What is evaluated was made without the test part: neither weights nor anything fitted on validation know it."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest
import torch
from rich.console import Console

from models.job.spec import load_job
from models.recipe.training import interactions_before, refresh_for_test, refresh_with_all, train
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


@pytest.fixture(scope="module")
def runs(make_shop, make_ingested, tmp_path_factory):
    """Two runs whose data differ in the test part alone, each refresh_for_test for the evaluation."""
    found = []
    for number in range(2):
        path = make_shop(tmp_path_factory.mktemp("run"))
        if number:
            shuffle_test_part(path.parent / "events.csv")
        job, data = load_job(path), make_ingested(path)
        data, run = train(job, data, "a run", path.parent / "bundle", quiet())
        found.append((job, data, refresh_for_test(job, data, run, quiet())))
    return found


def test_the_test_part_changes_nothing_that_is_evaluated(runs):
    (_, one, mine), (_, other, its) = runs
    assert not np.array_equal(one.dataset.interactions.items, other.dataset.interactions.items)
    np.testing.assert_array_equal(
        one.dataset.interactions.items[:1350], other.dataset.interactions.items[:1350]
    )
    for name, value in mine.network.state_dict().items():
        assert torch.equal(value, its.network.state_dict()[name]), name
    assert mine.fitted == its.fitted
    assert [figure.valid for figure in mine.figures] == [figure.valid for figure in its.figures]


def test_what_each_part_may_know(runs):
    _, data, _ = runs[0]
    assert len(interactions_before(data, PART_VALID).users) == 1200
    assert len(interactions_before(data, PART_TEST).users) == 1350
    assert interactions_before(data, PART_TEST).times.max() < data.split.test_at


def test_a_refresh_learns_and_may_be_left_out(runs):
    job, data, run = runs[0]
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    still = job.model_copy(update={"training": job.training.model_copy(update={"refresh_epochs": 0})})
    assert refresh_with_all(still, data, run, quiet()) is run
    refresh_with_all(job, data, run, quiet())
    after = run.network.state_dict()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert torch.equal(before["items.recency_gain"], after["items.recency_gain"])


def test_a_refresh_has_what_training_left_of_the_time(runs):
    job, data, run = runs[0]
    minutes = job.training.max_minutes
    spent = replace(run, seconds={"train": 60 * minutes - 1, "refresh": 1.0})
    before = {name: value.clone() for name, value in run.network.state_dict().items()}
    assert refresh_for_test(job, data, spent, quiet()) is spent
    assert all(torch.equal(value, before[name]) for name, value in run.network.state_dict().items())
