"""A job with privacy from the command to the bundle: the loss in the report, what is outside, and the histories."""

import json
import sys

import numpy as np
import pytest

from app.cli import main
from models.job.spec import JobError, load_job
from models.recipe.preflight import check_folders

TRAINING = {
    "epochs": 3,
    "refresh_epochs": 1,
    "batch_size": 16,
    "learning_rate": 0.01,
    "privacy": {"epsilon": 6, "delta": 0.001, "max_grad_norm": 0.5},
}


@pytest.fixture(scope="module")
def bundle(make_shop, tmp_path_factory):
    """The bundle of a private job without histories, which the service has replayed before it was published."""
    pytest.importorskip("opacus", reason="private training needs the extra `privacy`")
    path = make_shop(tmp_path_factory.mktemp("private"), training=TRAINING, export={"histories": False})
    out = path.parent / "bundle"
    assert main(["train", str(path), "--out", str(out)]) == 0
    return out


def test_the_report_has_the_loss_of_training_and_both_refreshes(bundle):
    report = json.loads((bundle / "report.json").read_text())
    privacy = report["privacy"]
    assert 0.97 * 6 < privacy["epsilon"] <= privacy["epsilon_budget"] == 6
    assert (privacy["delta"], privacy["max_grad_norm"], privacy["unit"]) == (0.001, 0.5, "user")
    assert privacy["steps"] == (3 + 1 + 1) * round(1 / privacy["sample_rate"])
    assert privacy["noise_multiplier"] > 0.5
    assert report["settings"]["training.privacy.epsilon"] == 6
    warnings = [warning for warning in report["warnings"] if warning["rule"] == "outside_privacy"]
    assert len(warnings) == 1
    page = (bundle / "report.html").read_text()
    assert "epsilon spent" in page
    assert "Noise multiplier" in page


def test_the_evaluation_shows_it(bundle, capsys):
    assert main(["evaluate", str(bundle)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "privacy: epsilon spent" in shown
    assert "WARNING: training.privacy protects the trained weights of the network alone" in shown


def test_a_bundle_without_histories_has_no_events_of_users(bundle):
    with np.load(bundle / "histories.npz") as histories:
        assert len(histories["items"]) == 0
        assert histories["offsets"].tolist() == [0] * 61
    assert np.load(bundle / "item_statistics.npy").any()


def test_a_job_with_histories_has_them(shop_bundle):
    with np.load(shop_bundle / "histories.npz") as histories:
        assert len(histories["items"]) == 1500
    assert json.loads((shop_bundle / "report.json").read_text())["privacy"] is None


def test_without_opacus_the_job_is_refused_before_it_is_read(make_shop, tmp_path, monkeypatch):
    path = make_shop(tmp_path / "shop", training=TRAINING)
    monkeypatch.setitem(sys.modules, "opacus", None)
    with pytest.raises(
        JobError, match=r"expected the package opacus \(pip install 'chorus-recommender\[privacy\]'\)"
    ):
        check_folders(load_job(path), tmp_path / "bundle")
