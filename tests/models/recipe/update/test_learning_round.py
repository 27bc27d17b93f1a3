"""A round of the loop: a full training beside the published bundle, and rounds in which there is nothing to learn."""

import io
import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from models.contract.bundle import read_manifest, verify
from models.recipe.learning import BundleChecks, LearningRound, learn, recover
from tests.models.recipe.update.conftest import LAST, draw_events, write_log


def run_round(kind: str, job: Path, log: Path) -> tuple[str, tuple[str, ...], str]:
    console = Console(file=io.StringIO(), width=120)
    outcome, reasons = learn(LearningRound(kind, job, job.parent / "bundle", log), console, BundleChecks())
    assert isinstance(console.file, io.StringIO)
    return outcome, reasons, console.file.getvalue()


def test_a_training_learns_the_log_and_is_compared(shop_copy: Path, log: Path) -> None:
    """On the newest events: the test part begins before them, with events that the published network has learned."""
    bundle = shop_copy.parent / "bundle"
    before = read_manifest(bundle)
    outcome, reasons, told = run_round("training", shop_copy, log)
    assert "comparing with the published bundle on the newest events" in told
    written = bundle if outcome == "published" else bundle.with_name("bundle.rejected")
    after = verify(written)
    assert after.statistics_at > LAST > before.statistics_at
    assert {"new0", "new1"} <= set(json.loads((written / "user_ids.json").read_text()))
    if outcome == "rejected":
        assert "worse by more than" in reasons[0] or "expected" in reasons[0]
        assert read_manifest(bundle) == before


@pytest.mark.parametrize("kind", ["update", "training"])
def test_without_new_events_nothing_is_learned(shop_copy: Path, tmp_path: Path, kind: str) -> None:
    old = write_log(tmp_path / "old", draw_events(20, start=LAST - 40 * 24 * 3600))
    outcome, reasons, _ = run_round(kind, shop_copy, old)
    assert outcome == "nothing_new" and "expected events since" in reasons[0]


def test_a_bundle_that_a_killed_publication_moved_away_is_put_back(shop_copy: Path) -> None:
    """Between its two renames there is no bundle. One that is there stays."""
    bundle = shop_copy.parent / "bundle"
    bundle.rename(bundle.with_name("bundle.previous"))
    recover(bundle)
    assert verify(bundle).job == "shop" and not bundle.with_name("bundle.previous").exists()
    shutil.copytree(bundle, bundle.with_name("bundle.previous"))
    recover(bundle)
    assert bundle.with_name("bundle.previous").exists()
