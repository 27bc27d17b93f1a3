"""The floor: on data with two tastes, the network ranks better than popularity, and its heads know something."""

import pytest

from app.cli import main
from models.evaluation.report.schema import Report


@pytest.fixture(scope="module")
def report(make_shop, tmp_path_factory) -> Report:
    """Longer training than the other tests' is needed to learn anything: ten epochs, some seconds."""
    training = {"epochs": 10, "refresh_epochs": 1, "batch_size": 8, "learning_rate": 0.005}
    job = make_shop(tmp_path_factory.mktemp("quality"), training=training)
    assert main(["train", str(job), "--out", str(job.parent / "bundle")]) == 0
    return Report.model_validate_json((job.parent / "bundle" / "report.json").read_bytes())


def test_lists_beat_popularity(report):
    for table in (report.at_cutoff, report.next_event):
        ndcg = {row.name: row.figures["ndcg"] for row in table.rows}
        assert ndcg["chorus"] > 1.5 * ndcg["popularity"]
        assert ndcg["chorus"] > 1.5 * ndcg["recent popularity"]


def test_heads_know_something(report):
    heads = {head.name: head.after for head in report.heads}
    assert heads["like"]["auc"] > 0.8
    assert heads["rating"]["rmse"] < 1.0  # the standard deviation of the values is 1.3
    assert heads["genre"]["micro_auc"] > 0.65
    assert heads["device"]["accuracy"] > 0.4
    assert heads["like"]["ece"] < 0.15


def test_training_learned(report):
    losses = [epoch.valid_loss for epoch in report.training]
    assert min(losses) < losses[0] - 0.1
