"""The search over a study: pruning, values that do not suit, interruptions, and the limits."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState

from models.job.spec import JobError
from models.recipe.ingestion import JobData
from models.recipe.tuning import search as searching
from models.recipe.tuning.search import FIGURES, REASON, UNSUITED, Limits, Search, list_finished
from models.recipe.tuning.space import choose_space, read_values
from models.recipe.tuning.study import (
    ATTEMPT,
    MOST_ATTEMPTS,
    UNPRUNED_TRIALS,
    Identity,
    choose_pruner,
    make_sampler,
    open_study,
    retry_interrupted,
)
from models.recipe.tuning.trial import prepare_lists
from tests.models.recipe.tuning.conftest import JOB

SPACE = {
    "network.dim": [16, 36],
    "network.attention_heads": [2, 12],
    "training.learning_rate": {"low": 1e-7, "high": 0.05, "log": True},
}
GOOD = {"network.dim": 16, "network.attention_heads": 2, "training.learning_rate": 0.01}
POOR = GOOD | {"training.learning_rate": 1e-7}
UNSUITABLE = GOOD | {"network.attention_heads": 12}
CRASH = """
import os, signal, sys
from pathlib import Path
import optuna
study = optuna.load_study(study_name="chorus", storage=f"sqlite:///{sys.argv[1]}")
trial = study.ask()
trial.suggest_categorical("network.dim", (16, 36))
trial.suggest_categorical("network.attention_heads", (2, 12))
trial.suggest_float("training.learning_rate", 1e-7, 0.05, log=True)
trial.report(-4.0, 0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def show(_done: int, _steps: int, _figures: object) -> None:
    """Show nothing."""


@pytest.fixture(scope="module")
def data(
    make_shop: Callable[..., Path], make_ingested: Callable[[Path], JobData], tmp_path_factory
) -> JobData:
    training = {**JOB["training"], "epochs": 4}
    return make_ingested(
        make_shop(tmp_path_factory.mktemp("data"), **{**JOB, "training": training, "tune": SPACE})
    )


@pytest.fixture
def open_search(data: JobData, tmp_path: Path) -> Callable[..., Search]:
    """A search over the study in the test's folder, begun or resumed."""

    def opened(
        trials: int, deadline: float = float("inf"), clock: Callable[[], float] = lambda: 0.0
    ) -> Search:
        space = choose_space(data.job)
        study = open_study(tmp_path, Identity.of(data, space))
        return Search(study, space, data, prepare_lists(data), Limits(trials, deadline, clock))

    return opened


def run(search: Search) -> list[FrozenTrial]:
    return list(search.run(show))


def test_a_poor_trial_is_pruned_by_its_lists_before_its_last_epoch(
    open_search: Callable[..., Search],
) -> None:
    search = open_search(UNPRUNED_TRIALS + 2)
    for values in (*[GOOD] * UNPRUNED_TRIALS, POOR, GOOD):
        search.study.enqueue_trial(values)
    *good, poor, last = run(search)
    assert {trial.state for trial in (*good, last)} == {TrialState.COMPLETE}
    assert len({trial.value for trial in (*good, last)}) == 1, "equal values give equal networks"
    assert poor.state is TrialState.PRUNED
    assert list(poor.intermediate_values) == [0, 1, 2]
    assert poor.user_attrs[REASON] == "worse than the median after 3 epochs"
    gains = [max(trial.intermediate_values.values()) for trial in (*good, poor)]
    assert 1 > min(gains[:-1]) > gains[-1] >= 0


@pytest.mark.parametrize("key", ["training.epochs", "training.negatives", "training.hide_seen"])
def test_losses_that_do_not_compare_prune_nothing(key: str) -> None:
    assert isinstance(choose_pruner(Identity({}, "", {key: {"choices": [1, 2]}})), optuna.pruners.NopPruner)
    assert isinstance(choose_pruner(Identity({}, "", {})), optuna.pruners.MedianPruner)


def test_values_that_do_not_suit_each_other_are_pruned_and_do_not_count(
    open_search: Callable[..., Search],
) -> None:
    search = open_search(1)
    for values in (UNSUITABLE, GOOD):
        search.study.enqueue_trial(values)
    unsuited, good = run(search)
    assert (unsuited.state, unsuited.user_attrs[UNSUITED]) == (TrialState.PRUNED, True)
    assert unsuited.user_attrs[REASON] == "expected dim divisible by attention_heads, given 16 and 12"
    assert list_finished(search.study) == [good]


def test_a_space_of_values_that_do_not_suit_ends_the_search(
    open_search: Callable[..., Search], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "MOST_UNSUITED", 3)
    search = open_search(1)
    for _ in range(3):
        search.study.enqueue_trial(UNSUITABLE)
    with pytest.raises(JobError, match="given 3 trials in a row whose values do not: expected dim divisible"):
        run(search)


def test_training_that_diverges_is_pruned(open_search: Callable[..., Search], data: JobData) -> None:
    search = open_search(1)
    broken = replace(data.corpus, dense=np.full_like(data.corpus.dense, np.nan))
    search = replace(search, data=replace(data, corpus=broken))
    (trial,) = run(search)
    assert trial.state is TrialState.PRUNED
    assert "expected a finite loss, given nan" in trial.user_attrs[REASON]


def test_a_killed_trial_is_set_aside_and_its_values_come_first(
    open_search: Callable[..., Search], tmp_path: Path
) -> None:
    """Killed with SIGKILL while it runs, as often as a trial is tried; then its values are given up."""
    study = open_search(1).study
    study.enqueue_trial(GOOD)
    for attempt in range(1, MOST_ATTEMPTS + 1):
        ended = subprocess.run([sys.executable, "-c", CRASH, str(tmp_path / "study.db")], check=False)
        assert ended.returncode == -9
        search = open_search(1)
        (interrupted,) = retry_interrupted(search.study)
        assert interrupted.params == GOOD
        assert retry_interrupted(search.study) == []
        waiting = search.study.get_trials(states=(TrialState.WAITING,))
        assert [trial.user_attrs[ATTEMPT] for trial in waiting] == (
            [attempt + 1] if attempt < MOST_ATTEMPTS else []
        )
    states = [trial.state for trial in search.study.get_trials()]
    assert states == [TrialState.FAIL] * MOST_ATTEMPTS
    search.study.enqueue_trial(GOOD)
    (trial,) = run(search)
    assert (trial.params, trial.state) == (GOOD, TrialState.COMPLETE)


def test_a_trial_that_the_time_cuts_comes_first_in_the_next_search(
    open_search: Callable[..., Search],
) -> None:
    """The clock stands at 0 until the first epoch has ended, then it is past the limit."""

    def clock() -> Iterator[float]:
        yield from (0.0, 100.0)

    search = open_search(2, deadline=50.0, clock=clock().__next__)
    search.study.enqueue_trial(GOOD)
    assert run(search) == []
    assert [trial.state for trial in search.study.get_trials()] == [TrialState.FAIL, TrialState.WAITING]
    (trial,) = run(open_search(1))
    assert trial.params == GOOD


def test_no_trial_is_begun_that_would_not_end_in_time(open_search: Callable[..., Search]) -> None:
    search = open_search(2)
    search.study.enqueue_trial(GOOD)
    first = next(search.run(show))
    seconds = first.user_attrs[FIGURES]["seconds"]
    assert run(open_search(2, deadline=0.9 * seconds)) == []


def test_each_trial_has_a_generator_of_its_own() -> None:
    def draw(finished: int) -> float:
        study = optuna.create_study(sampler=make_sampler(7, finished))
        return study.ask().suggest_float("x", 0, 1)

    assert draw(0) == draw(0)
    assert len({draw(finished) for finished in range(5)}) == 5


def test_the_default_space_is_around_the_job(data: JobData) -> None:
    job = data.job.model_copy(update={"tune": {}})
    space = choose_space(job)
    own = read_values(job, space)
    assert set(own) == set(space) == {
        "training.learning_rate", "training.weight_decay", "network.dropout", "network.dim",
        "network.history_length", "network.layers",
    }  # fmt: skip
    assert all(space[key].contains(value) for key, value in own.items())
    assert space["network.dim"].choices == (16, 32, 64, 128)
    wide = job.model_copy(
        update={
            "network": job.network.model_copy(update={"dim": 24, "attention_heads": 3}),
            "training": job.training.model_copy(update={"learning_rate": 0.5, "weight_decay": 0.0}),
        }
    )
    space = choose_space(wide)
    assert "network.dim" not in space, "no other width suits three heads"
    assert space["training.learning_rate"].bounds == (5e-4, 0.5)
    assert space["training.weight_decay"].bounds == (1e-3, 0.3)
