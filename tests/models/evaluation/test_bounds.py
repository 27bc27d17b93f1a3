"""The evaluation's bounds: samples by counts, a time limit for the baselines, settings over the popular items."""

import numpy as np
import pytest

from models.evaluation.baselines import selection
from models.evaluation.baselines.selection import OUT_OF_TIME, fit_baselines, limit_items
from models.evaluation.protocols import build_cutoff_case
from models.evaluation.sample_size import SampleSizes, choose_sizes
from models.evaluation.time_limit import BEGIN_SHARE, LEAST_SECONDS, TimeLimit, limit_seconds
from models.job.evaluation_config import EvaluationConfig


@pytest.mark.parametrize(
    ("learned", "sizes"),
    [
        (80_000 * 13, SampleSizes(3_000, 20_000)),  # MovieLens-100k
        (73_444, SampleSizes(918, 3_672)),
        (100, SampleSizes(300, 2_000)),
    ],
)
def test_a_short_training_has_a_small_sample(learned: int, sizes: SampleSizes) -> None:
    assert choose_sizes(EvaluationConfig(), learned) == sizes


def test_the_jobs_sizes_count_as_they_are() -> None:
    assert choose_sizes(EvaluationConfig(max_lists=7, max_events=50_000), 100) == SampleSizes(7, 50_000)


@pytest.mark.parametrize(
    ("minutes", "training", "seconds"), [(None, 90.0, 90.0), (None, 1.0, LEAST_SECONDS), (0.5, 900.0, 30.0)]
)
def test_the_limit_is_the_jobs_or_the_time_of_training(minutes, training, seconds) -> None:
    assert limit_seconds(minutes, training) == seconds


def test_no_baseline_begins_in_the_last_part_of_the_time() -> None:
    now = [100.0]
    limit = TimeLimit(50.0, clock=lambda: now[0])
    now[0] += BEGIN_SHARE * 50
    assert not limit.is_used_up()
    now[0] += 1
    assert limit.is_used_up() and limit.elapsed == BEGIN_SHARE * 50 + 1


def test_baselines_that_are_out_of_time_are_left_out_with_the_reason(crowds) -> None:
    valid = build_cutoff_case(crowds.train, crowds.valid)
    baselines = fit_baselines(crowds.train, valid, crowds.train_and_valid, lambda: True)
    assert [baseline.name for baseline in baselines.fitted] == ["popularity", "recent popularity"]
    assert baselines.refused == {"item-kNN": OUT_OF_TIME, "EASE": OUT_OF_TIME}
    assert "evaluation.max_minutes" in OUT_OF_TIME


def test_settings_are_chosen_over_the_most_popular_items(make_log, monkeypatch) -> None:
    monkeypatch.setattr(selection, "TUNING_ITEMS", 2)
    # users of items 0 to 3: 1, 3, 0, 2
    train = make_log([(0, 1, 0), (1, 1, 1), (2, 1, 2), (0, 3, 3), (1, 3, 4), (2, 0, 5)], 3, 4)
    valid = build_cutoff_case(train, make_log([(2, 3, 6), (0, 0, 7), (1, 2, 8)], 3, 4))
    few, case = limit_items(train, valid)
    assert (few.n_items, few.users.tolist(), few.items.tolist()) == (2, [0, 1, 2, 0, 1], [0, 0, 0, 1, 1])
    assert case.users.tolist() == [2]  # the other two take items that are not popular
    assert case.relevant.toarray().tolist() == [[False, True]]
    assert case.seen.toarray().tolist() == [[True, False]]


def test_a_small_catalogue_is_not_limited(crowds) -> None:
    valid = build_cutoff_case(crowds.train, crowds.valid)
    train, case = limit_items(crowds.train, valid)
    assert train is crowds.train and case is valid


def test_the_limit_changes_the_choice_of_settings_alone(crowds, monkeypatch) -> None:
    monkeypatch.setattr(selection, "TUNING_ITEMS", 20)
    valid = build_cutoff_case(crowds.train, crowds.valid)
    for baseline in fit_baselines(crowds.train, valid, crowds.train_and_valid).fitted:
        assert baseline.scorer(valid.seen).shape == (len(valid), 60)
        assert np.isfinite(baseline.scorer(valid.seen)).all()
