"""The evaluation of a trained network: the size of its samples, its bounds, and what the report says of them."""

import io
import json
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from rich.console import Console

from app.cli import main
from models.evaluation.report.console import print_report
from models.evaluation.report.html import render_page
from models.evaluation.report.schema import Report
from models.job.evaluation_config import EvaluationConfig
from models.recipe.evaluation import evaluate
from models.recipe.ingestion import JobData
from models.recipe.training import TrainingRun, refresh_for_test, train


class Trained(NamedTuple):
    data: JobData
    run: TrainingRun

    def evaluate(self, **bounds: object) -> Report:
        job = self.data.job.model_copy(update={"evaluation": EvaluationConfig.model_validate(bounds)})
        return evaluate(replace(self.data, job=job), self.run, quiet())


def quiet() -> Console:
    return Console(file=io.StringIO())


def printed(report: Report) -> str:
    page = io.StringIO()
    print_report(report, Console(file=page, width=200))
    return page.getvalue()


@pytest.fixture(scope="module")
def trained(make_shop, make_ingested, tmp_path_factory) -> Trained:
    path = make_shop(tmp_path_factory.mktemp("evaluation"))
    data, run = train(make_ingested(path), "a run", path.parent / "bundle", quiet())
    return Trained(data, refresh_for_test(data, run, quiet()))


@pytest.fixture(scope="module")
def whole(trained) -> Report:
    return trained.evaluate()


def test_small_data_are_measured_whole(whole):
    for table in (whole.at_cutoff, whole.next_event):
        assert table.lists == table.all_lists > 20
        assert [row.name for row in table.rows][2:] == ["popularity", "recent popularity", "item-kNN", "EASE"]
    assert {head.count for head in whole.heads} == {head.all_count for head in whole.heads}
    assert "evenly spaced," not in printed(whole)


def test_a_sample_is_named_on_the_console_and_on_the_page(trained, whole):
    report = trained.evaluate(max_lists=20, max_events=30)
    assert (report.at_cutoff.lists, report.next_event.lists) == (20, 20)
    assert all(head.count <= 30 < head.all_count for head in report.heads)
    users, events = whole.at_cutoff.lists, whole.next_event.lists
    for text in (printed(report), render_page(report)):
        assert f"20 of {users} users, evenly spaced" in text
        assert f"20 of {events} events, evenly spaced" in text
        assert "test events, evenly spaced" in text


def test_the_same_sample_has_the_same_figures(trained):
    one, other = (trained.evaluate(max_lists=20, max_events=30) for _ in range(2))
    assert one.at_cutoff == other.at_cutoff and one.next_event == other.next_event
    assert one.model_dump_json(include={"heads"}) == other.model_dump_json(include={"heads"})


def test_without_time_the_network_and_the_cheap_baselines_are_measured(trained):
    report = trained.evaluate(max_minutes=1e-6)
    cheap = ["popularity", "recent popularity"]
    assert [row.name for row in report.at_cutoff.rows] == ["chorus", "chorus, as served", *cheap]
    assert {pair.other for pair in report.at_cutoff.comparisons} == set(cheap)
    for name in ("item-kNN", "EASE"):
        assert f"{name} left out: the evaluation had used its time (evaluation.max_minutes)" in printed(
            report
        )
    assert report.heads


def test_the_report_says_which_events_count_as_right(whole):
    assert set(whole.relevant_actions) == {"rate", "view"}
    assert sum(whole.relevant_actions.values()) == whole.next_event.all_lists
    shown = f"counts as right, whatever its value: rate {whole.relevant_actions['rate']}"
    assert shown in printed(whole) and shown in render_page(whole)


def test_slices_add_up_and_have_every_method(whole):
    for table in (whole.at_cutoff, whole.next_event):
        by_history = [part for part in table.slices if not part.name.startswith("new items")]
        assert sum(part.lists for part in by_history) == table.lists
        for part in table.slices:
            assert [row.name for row in part.rows] == [row.name for row in table.rows]
        total = sum(part.lists * part.rows[0].figures["ndcg"] for part in by_history)
        assert total / table.lists == pytest.approx(table.rows[0].figures["ndcg"])


def test_lists_at_ten_are_those_of_the_main_table(whole):
    for table in (whole.at_cutoff, whole.next_event):
        assert list(table.at_k) == [5, 10, 20]
        for row, at_ten in zip(table.rows, table.at_k[10], strict=True):
            assert at_ten.figures.items() <= row.figures.items()
        hit_rates = [[row.figures["hit_rate"] for row in rows] for rows in table.at_k.values()]
        assert (np.diff(hit_rates, axis=0) >= 0).all()  # a longer list has the hits of the shorter


def test_heads_stand_next_to_trivial_predictors(whole):
    heads = {head.name: head for head in whole.heads}
    like = heads["like"]
    assert like.trivial["constant"]["auc"] == 0.5
    assert 0 < like.trivial["constant"]["pr_auc"] < like.after["pr_auc"]
    assert set(heads["device"].trivial) == {"constant", "repeat last"}
    pairs = {(pair.other, pair.figure) for pair in like.comparisons}
    assert pairs == {("constant", "auc"), ("constant", "log_loss"), ("raw", "log_loss")}
    for head in whole.heads:
        for pair in head.comparisons:
            assert pair.value == head.after[pair.figure]


def test_validation_figures_are_those_before_the_refresh(trained, whole):
    assert set(whole.valid_figures) == {"like", "rating", "genre", "device"}
    assert whole.valid_figures["like"]["auc"] == trained.run.fitted.figures["like"]["auc"] > 0.5


def test_settings_are_in_the_report_and_on_the_page(whole):
    assert whole.settings["interactions.path"] == "events.csv"
    assert whole.settings["training.epochs"] == 2
    page = render_page(whole)
    assert '<td>training.epochs</td><td class="text">2</td>' in page
    assert "<dt>binary pr_auc</dt>" in page and "<dt>NDCG</dt>" in page and "<dt>repeat last</dt>" in page
    assert "Glossary" in printed(whole)


def test_a_cut_of_training_is_among_the_warnings(trained):
    run = replace(trained.run, cuts=("training.max_minutes ended training after 2 of at most 9 epochs",))
    report = evaluate(trained.data, run, Console(quiet=True))
    assert report.training_cuts == run.cuts
    assert run.cuts[0] in [warning.message for warning in report.warnings]


def test_the_commands_show_the_sample_and_json_has_it(make_shop, tmp_path, capsys):
    job = make_shop(tmp_path, tasks=None, scenes=None, evaluation={"max_lists": 20})
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 0
    assert "users, evenly spaced, k = 10" in capsys.readouterr().out
    assert main(["evaluate", str(tmp_path / "bundle"), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["at_cutoff"]["lists"] == 20 < report["at_cutoff"]["all_lists"]
    assert report["settings"]["evaluation.max_lists"] == 20
    assert list(report["at_cutoff"]["at_k"]) == ["5", "10", "20"]


def test_a_bound_of_zero_is_refused_with_its_key(make_shop, tmp_path, capsys):
    job = make_shop(tmp_path, evaluation={"max_lists": 0})
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) != 0
    assert "evaluation.max_lists" in capsys.readouterr().err
