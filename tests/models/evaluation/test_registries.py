"""A metric and a baseline that are registered here, and nowhere else, are fitted, measured, printed and drawn."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from models.evaluation.baselines.protocol import BaselineRefusedError, Scorer
from models.evaluation.baselines.registry import BASELINES
from models.evaluation.metrics.registry import LIST_METRICS, ListMetric
from models.evaluation.protocols import InteractionSet


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Recommends items in the order of their rows, or in the reverse."""

    sign: int

    @property
    def settings(self) -> str:
        return "forward" if self.sign < 0 else "backward"

    def fit(self, interactions: InteractionSet) -> Scorer:
        scores = np.arange(interactions.n_items, dtype=np.float32) * self.sign
        return lambda histories: np.broadcast_to(scores, histories.shape)


class TooLarge(Alphabet):
    def fit(self, interactions: InteractionSet) -> Scorer:
        raise BaselineRefusedError("expected less, given more")


@pytest.fixture
def trained(make_shop, tmp_path, monkeypatch, capsys) -> tuple[Path, str]:
    """The bundle, and what was printed."""
    metric = ListMetric(
        "Mean row", "Mean row of the items.", lambda lists, _: float(lists.items.mean()), headline=True
    )
    monkeypatch.setitem(LIST_METRICS, "mean_row", metric)
    monkeypatch.setitem(BASELINES, "alphabet", lambda timed: (Alphabet(1), Alphabet(-1)))
    monkeypatch.setitem(BASELINES, "giant", lambda timed: (TooLarge(1),))
    monkeypatch.delitem(BASELINES, "EASE")
    job = make_shop(tmp_path)
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 0
    return tmp_path / "bundle", capsys.readouterr().out


def test_a_toy_metric_and_a_toy_baseline_reach_every_output(trained):
    bundle, shown = trained
    report = json.loads((bundle / "report.json").read_text())
    page = (bundle / "report.html").read_text()
    for table in (report["at_cutoff"], report["next_event"]):
        rows = {row["name"]: row for row in table["rows"]}
        assert list(rows) == [
            "chorus",
            "chorus, as served",
            "popularity",
            "recent popularity",
            "item-kNN",
            "alphabet",
        ]
        assert all(0 <= row["mean_row"] < 100 for row in rows.values())
        # unseen items in order of their rows: the ends of the catalogue
        low = rows["alphabet"]["settings"] == "forward"
        assert rows["alphabet"]["mean_row"] < 20 if low else rows["alphabet"]["mean_row"] > 80
    assert report["refused"] == {"giant": "expected less, given more"}
    settings = rows["alphabet"]["settings"]
    for output in (shown, page):
        assert "Mean row" in output
        assert f"alphabet ({settings})" in output
        assert "giant left out: expected less, given more" in output
    summary = json.loads((bundle / "manifest.json").read_text())["summary"]
    assert summary["next_event_mean_row@10"] == rows["chorus"]["mean_row"]
