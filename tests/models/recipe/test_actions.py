"""A log with every action that the service knows, and one of the job's own, is trained, published and served."""

from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from app.golden import open_and_check
from app.pipeline.recommend import recommend
from app.pipeline.types import Query
from models.contract.bundle import BundleError, read_manifest
from models.contract.catalogue import UserState
from models.contract.events import Event
from models.ranking.rerank import Diversity
from tests.action_log import ACTIONS, write_job


def events_of(action: str) -> tuple[Event, ...]:
    value = 4.0 if action == "rate" else None
    return (Event("i1", "view", 1.7e9), Event("i2", action, 1.7e9 + 60, value))


@pytest.mark.parametrize("fit", ["all", "train"])
@pytest.mark.parametrize("late", [(), ("dislike", "skip")], ids=["all along", "dislikes come late"])
def test_every_action_trains_publishes_and_serves(tmp_path: Path, late: tuple[str, ...], fit: str) -> None:
    usual = tuple(action for action in ACTIONS if action not in late)
    job = write_job(tmp_path, usual, late, fit)
    assert main(["train", str(job), "--out", str(tmp_path / "bundle")]) == 0
    bundle = open_and_check(tmp_path / "bundle", 300)
    for action in ACTIONS:
        query = Query(
            state=UserState("someone", None, events_of(action)), now=1.7e9 + 120, limit=10, context={},
            weights=bundle.manifest.fusion.weights, diversity=Diversity(), explain=True,
        )  # fmt: skip
        slate = recommend(bundle, query)
        assert len(slate.order) == 10
        assert np.isfinite(slate.scored.score).all()


def test_a_bundle_that_no_service_would_accept_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job, out = write_job(tmp_path, ACTIONS), tmp_path / "bundle"
    assert main(["train", str(job), "--out", str(out)]) == 0
    version = read_manifest(out).model_version
    monkeypatch.setattr(
        "app.pipeline.encoding.measure_push", lambda items, *_: 0 * items.mean
    )  # skewed serving code
    assert main(["train", str(job), "--out", str(out), "--force"]) == 1
    assert "expected the offline" in capsys.readouterr().err
    assert read_manifest(out).model_version == version
    with pytest.raises(BundleError):
        open_and_check(out, 300)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".bundle")]
