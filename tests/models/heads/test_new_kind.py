"""A head kind that this file alone defines: trained, published, served and evaluated with no other edit.

"count" is a Poisson regression: the logit is the log of the expected count (Nelder and Wedderburn 1972).
"""

from pathlib import Path

import numpy as np
import pytest
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from app.api.mapping.model import model_answer
from app.bundle.loading import load_bundle
from app.cli import main
from app.golden import replay
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from models.contract.arrays import Floats, Indices
from models.contract.bundle import BundleError
from models.contract.calibration import Calibration
from models.contract.feature_spec import FieldKind
from models.contract.tasks import NEXT, Task
from models.evaluation.metrics.prediction_registry import PREDICTION_METRICS, PredictionMetric
from models.evaluation.report.schema import Report
from models.heads.protocol import HeadKind, LabelRule, Subject, TowerInput
from models.heads.registry import HEAD_KINDS
from models.heads.targets import Targets
from models.heads.value import take_output
from models.ranking.rerank import Diversity

TASKS = [
    {"name": "stars", "kind": "count", "label": "value"},
    {"name": "like", "kind": "binary", "label": "value >= 4"},
]


def find_fault(_task: Task, targets: Targets, rows: Indices) -> str | None:
    values = targets.at(rows)
    return None if (values >= 0).all() else f"label: expected counts, given {values.min():g}"


def poisson_loss(_task: Task, logits: Tensor, targets: Tensor) -> Tensor:
    return F.poisson_nll_loss(logits, targets)


def fit_rate(_task: Task, logits: Floats, targets: Floats) -> Calibration:
    """The shift that makes the mean prediction the mean count."""
    return Calibration(shift=float(np.log(targets.mean() / np.exp(logits).mean())))


def predict_count(_task: Task, logits: Floats, calibration: Calibration) -> Floats:
    return np.exp(calibration.scale * logits + calibration.shift, dtype=np.float32)


COUNT = HeadKind(
    name="count",
    label=LabelRule(column=FieldKind.NUMERIC, sources=("value",), expected="value"),
    needs_range=False,
    subject=Subject.NOTHING,
    user_tower=None,
    tower=TowerInput(pair=True, context=True),
    find_fault=find_fault,
    loss=poisson_loss,
    raw_calibration=lambda _task: Calibration(),
    fit_calibration=fit_rate,
    predict=predict_count,
    value=take_output,
    metrics={"deviance": "poisson_deviance", "mae": "mae"},
    main_metric="deviance",
    reliability=False,
)


def poisson_deviance(predicted: np.ndarray, targets: np.ndarray) -> float:
    """Of positive counts."""
    return float(2 * np.mean(targets * np.log(targets / predicted) - targets + predicted))


@pytest.fixture
def count_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(HEAD_KINDS, "count", COUNT)
    metric = PredictionMetric(poisson_deviance, lower_is_better=True, definition="Deviance of counts.")
    monkeypatch.setitem(PREDICTION_METRICS, "poisson_deviance", metric)


@pytest.fixture
def trained(count_kind, make_shop, tmp_path: Path) -> Path:
    job = make_shop(tmp_path, tasks=TASKS, scenes={"home": {"stars": 1.0}}, export={"fit": "train"})
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 0
    return tmp_path / "bundle"


def test_a_kind_is_one_object_and_one_entry(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = load_bundle(trained, 100)
    assert replay(bundle) > 0
    assert {"name": "stars", "kind": "count", "classes": 0} in model_answer(bundle)["heads"]
    query = Query(
        state=bundle.known_users.state("u1"), now=1.7e9, limit=5, context={}, weights={"stars": 1.0},
        diversity=Diversity(), explain=True,
    )  # fmt: skip
    slate = recommend(bundle, query)
    stars = slate.scored.values["stars"][slate.order]
    assert set(slate.scored.values) == {NEXT, "stars", "like"}
    assert len(stars) == 5 and ((stars > 1) & (stars < 6)).all()
    assert all(slate.reasons)

    report = Report.model_validate_json((trained / "report.json").read_bytes())
    head = report.heads[0]
    assert (head.name, head.kind, list(head.after)) == ("stars", "count", ["deviance", "mae"])
    assert 0 < head.after["deviance"] < head.before["deviance"] + 0.05
    assert bundle.manifest.summary["stars.deviance"] == pytest.approx(head.after["deviance"])
    assert report.lower_is_better == ("stars.deviance",)
    capsys.readouterr()
    assert main(["evaluate", str(trained)]) == 0
    assert "deviance" in capsys.readouterr().out


def test_the_kinds_own_label_rule_and_fault_reach_the_user(
    count_kind, make_shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = make_shop(tmp_path, tasks=[TASKS[0] | {"label": "item.year"}], scenes=None)
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) != 0
    assert "tasks.stars.label: expected value, given 'item.year'" in capsys.readouterr().err


def test_without_its_entry_the_job_and_the_bundle_are_refused(
    trained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(HEAD_KINDS, "count")
    with pytest.raises(BundleError, match=r"stars: expected 'binary', .* or 'context', given 'count'"):
        load_bundle(trained, 100)
    job = trained.parent / "job.yaml"
    assert main(["train", str(job), "--out", str(trained.parent / "other")]) != 0
    assert "tasks.0.kind: expected 'binary', 'regression', 'multilabel' or 'context', given 'count'" in (
        capsys.readouterr().err
    )
