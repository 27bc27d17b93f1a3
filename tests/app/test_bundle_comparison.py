"""A takeover by a worse bundle is logged and counted; a bundle that cannot be compared is not."""

import json
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from app.bundle_choice import list_start_candidates
from app.bundle_comparison import BundleComparison
from app.config import read_settings
from app.runtime import Runtime
from app.state.memory.store import MemoryStore
from models.contract.bundle import MANIFEST, REPORT, Manifest

TakeOver = Callable[..., None]


@pytest.fixture
def comparison() -> BundleComparison:
    return BundleComparison()


@pytest.fixture
def take_over(trained: Path, tmp_path: Path, comparison: BundleComparison) -> TakeOver:
    """Take over the trained bundle with other headline figures, and with changes of its report."""
    manifest = Manifest.model_validate_json((trained / MANIFEST).read_bytes())
    report = json.loads((trained / REPORT).read_bytes())

    def take(ndcg: float, **changes: object) -> None:
        (tmp_path / REPORT).write_text(json.dumps(report | changes))
        comparison.take_over(tmp_path, manifest.model_copy(update={"summary": {"ndcg@10": ndcg}}))

    return take


def test_a_worse_bundle_is_logged_and_counted(
    take_over: TakeOver, comparison: BundleComparison, caplog: pytest.LogCaptureFixture
) -> None:
    take_over(0.5)
    take_over(0.5)
    take_over(9.0)
    assert (comparison.worse_takeovers, caplog.records) == (0, [])
    take_over(0.0)
    assert comparison.worse_takeovers == 1
    (record,) = caplog.records
    assert (record.message, record.levelno) == ("bundle.worse_than_previous", logging.WARNING)
    (reason,) = record.__dict__["fields"]["reasons"]
    assert reason.startswith("expected ndcg@10 at least ")


def test_bundles_of_other_jobs_or_without_a_report_are_not_compared(
    take_over: TakeOver, comparison: BundleComparison, caplog: pytest.LogCaptureFixture
) -> None:
    take_over(9.0)
    take_over(0.5, job="another")
    take_over(0.1, data=None)
    take_over(0.0)
    assert comparison.worse_takeovers == 0
    assert [record.message for record in caplog.records] == ["bundle.not_comparable"]


async def test_a_reload_of_the_same_bundle_is_no_worse(trained: Path, tmp_path: Path) -> None:
    runtime = Runtime(read_settings(bundle_dir=trained, state_dir=tmp_path), MemoryStore())
    await runtime.start()
    await runtime.reload(trained.name)
    assert runtime.comparison.worse_takeovers == 0


def test_a_start_passes_over_rejected_bundles(tmp_path: Path) -> None:
    for name in ("shop", "shop.rejected"):
        (tmp_path / name).mkdir()
        (tmp_path / name / MANIFEST).write_text("{}")
    settings = read_settings(bundle_dir=tmp_path, state_dir=tmp_path / "state")
    assert list_start_candidates(settings) == [tmp_path / "shop"]
