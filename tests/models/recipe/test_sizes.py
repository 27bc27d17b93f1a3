"""Sizes chosen from the data: the rules, and that what a job states stays."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.data.interactions import Interactions
from models.job.spec import JobSpec
from models.recipe.sizes import (
    LARGE_LOG,
    HadItems,
    choose_history_length,
    choose_job_sizes,
    measure_had_items,
)

MakeJob = Callable[..., JobSpec]


@pytest.fixture
def make_job(tmp_path: Path) -> MakeJob:
    (tmp_path / "log.csv").write_text("u,i,t\n")
    log = {"path": "log.csv", "user": "u", "item": "i", "time": "t"}

    def make(**sections: object) -> JobSpec:
        content = {"name": "job", "interactions": log, **sections}
        return JobSpec.model_validate(content, context={"folder": tmp_path})

    return make


NOTHING_HAD = HadItems(repeated=0.5, earlier=0.0)
LARGE = np.repeat(np.arange(LARGE_LOG // 100), 100)
SMALL = np.repeat(np.arange(100), 6)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([6] * 100, 50),
        ([51] * 10, 50),
        ([80] * 10, 100),
        ([1000] + [5] * 30, 200),
        ([200] * 5, 200),
    ],
)
def test_the_history_holds_what_most_events_can_use(counts: list[int], expected: int) -> None:
    assert choose_history_length(np.array(counts, dtype=np.int64)) == expected


def test_a_large_log_gets_a_wide_network(make_job: MakeJob) -> None:
    chosen = choose_job_sizes(make_job(), LARGE, 3_000, NOTHING_HAD)
    assert (chosen.job.network.dim, chosen.job.network.attention_heads) == (128, 4)
    assert (chosen.job.training.batch_size, chosen.job.training.epochs) == (32, 12)  # histories of 100
    assert chosen.describe().startswith(
        "chosen from the data (300,000 training events, 3,000 items, 100 events a"
    )
    assert "network.dim 128" in chosen.describe()


@pytest.mark.parametrize(("length", "histories"), [(50, 64), (200, 16), (1_000, 3)])
def test_a_step_of_a_large_log_has_as_many_events_whatever_the_histories(
    make_job: MakeJob, length: int, histories: int
) -> None:
    chosen = choose_job_sizes(make_job(network={"history_length": length}), LARGE, 3_000, NOTHING_HAD)
    assert chosen.job.training.batch_size == histories


@pytest.mark.parametrize(("users", "items"), [(SMALL, 3_000), (LARGE, 100_000)])
def test_a_small_log_and_a_large_catalogue_keep_the_narrow_one(
    make_job: MakeJob, users: np.ndarray, items: int
) -> None:
    chosen = choose_job_sizes(make_job(), users, items, NOTHING_HAD)
    assert chosen.job.network.dim == 64
    assert chosen.training == {"hide_seen": False}


def test_what_the_job_states_stays(make_job: MakeJob) -> None:
    stated = {
        "network": {"attention_heads": 2, "history_length": 7},
        "training": {"batch_size": 9, "hide_seen": True},
    }
    job = make_job(**stated)
    chosen = choose_job_sizes(job, LARGE, 3_000, NOTHING_HAD)
    assert chosen.job == job
    assert chosen.describe() == ""
    rate = choose_job_sizes(make_job(training={"batch_size": 9}), LARGE, 3_000, NOTHING_HAD).job.training
    assert (rate.batch_size, rate.learning_rate) == (9, 0.003)


@pytest.mark.parametrize(
    ("repeated", "earlier", "hidden"),
    [(0.0, 20.0, True), (0.1, 20.0, True), (0.11, 20.0, False), (0.0, 19.9, False)],
)
def test_seen_items_are_hidden_in_long_histories_where_few_events_repeat_one(
    make_job: MakeJob, repeated: float, earlier: float, hidden: bool
) -> None:
    chosen = choose_job_sizes(make_job(), SMALL, 3_000, HadItems(repeated, earlier))
    assert chosen.job.training.hide_seen is hidden
    assert f"training.hide_seen {str(hidden).lower()}" in chosen.describe()


def test_had_items_by_hand() -> None:
    """Five events of which one repeats, after 0, 1 and 2, and 0 and 1 others; an exposure is no event."""
    log = Interactions(
        users=np.array([0, 0, 0, 1, 1, 1, 1]),
        items=np.array([4, 4, 5, 4, 5, 5, 6], dtype=np.int32),
        times=np.arange(7.0),
        values=np.zeros(7, dtype=np.float32),
        actions=np.array([0, 0, 0, 0, 1, 0, 1], dtype=np.int32),
        action_names=("click", "impression"),
        contexts={},
        labels={},
    )
    assert measure_had_items(log, np.arange(7)) == pytest.approx((1 / 5, 4 / 5))
    assert measure_had_items(log, np.array([4, 6])) == (0, 0)


def test_private_training_chooses_nothing_from_the_data(make_job: MakeJob) -> None:
    job = make_job(
        training={"privacy": {"epsilon": 8}}, items={"path": "log.csv", "id": "i", "categories": "t"}
    )
    chosen = choose_job_sizes(job, LARGE, 3_000, NOTHING_HAD)
    assert chosen.job is job
    assert chosen.describe() == ""
