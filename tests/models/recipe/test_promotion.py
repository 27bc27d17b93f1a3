"""`chorus train` over a published bundle: a worse one is put beside it, with the reasons, and exit code 1."""

import json
from pathlib import Path

import pytest

from app.cli import main
from models.contract.bundle import MANIFEST, REPORT, Manifest, checksum, read_manifest, verify, write_manifest


@pytest.fixture
def published(make_shop, tmp_path) -> tuple[Path, Path]:
    """A job and the bundle it was published in."""
    job, out = make_shop(tmp_path), tmp_path / "bundle"
    assert main(["train", str(job), "--out", str(out)]) == 0
    return job, out


def edit_report(folder: Path, **changes: object) -> None:
    """Change the report's `data` section, with its checksum."""
    report = json.loads((folder / REPORT).read_text())
    report["data"] |= changes
    (folder / REPORT).write_text(json.dumps(report))
    edit_manifest(folder, files=read_manifest(folder).files | {REPORT: checksum(folder / REPORT)})


def edit_manifest(folder: Path, **changes: object) -> Manifest:
    manifest = read_manifest(folder).model_copy(update=changes)
    write_manifest(folder, manifest)
    verify(folder)
    return manifest


def boast(folder: Path) -> Manifest:
    """Give a bundle figures that no training reaches."""
    return edit_manifest(folder, summary=read_manifest(folder).summary | {"like.auc": 9.0})


def test_the_same_again_is_published_and_compared(published, capsys):
    job, out = published
    capsys.readouterr()
    assert main(["train", str(job), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "no worse than the bundle that it replaces: ndcg@10 " in shown
    assert (out.parent / "bundle.previous" / MANIFEST).is_file()
    assert not (out.parent / "bundle.rejected").exists()


def test_a_worse_bundle_is_put_beside_the_better(published, capsys):
    job, out = published
    better = boast(out)
    rejected = out.with_name("bundle.rejected")
    for _ in range(2):  # the second overwrites the first
        assert main(["train", str(job), "--out", str(out)]) == 1
        error = capsys.readouterr().err
        assert "expected like.auc at least " in error
        assert f"is in {rejected}" in error
        assert read_manifest(out) == better
        assert verify(rejected).summary["like.auc"] < 1
    assert not out.with_name("bundle.rejected.previous").exists()
    assert main(["train", str(job), "--out", str(out), "--force"]) == 0
    assert "not compared with another bundle: --force was given" in capsys.readouterr().out
    assert read_manifest(out).summary["like.auc"] < 1


def test_a_job_may_go_without_the_gate(published, make_shop, capsys):
    job, out = published
    boast(out)
    job = make_shop(job.parent, promotion={"enabled": False})
    assert main(["train", str(job), "--out", str(out)]) == 0
    assert "not compared with another bundle: promotion.enabled is false" in capsys.readouterr().out


def test_figures_of_another_test_period_are_not_compared(published, capsys):
    job, out = published
    boast(out)
    edit_report(out, test_from=1.0)
    assert main(["train", str(job), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "not compared with another bundle: the other bundle was measured on other test data" in shown


def test_a_published_report_that_cannot_be_read_is_not_compared(published, capsys):
    job, out = published
    (out / REPORT).write_text("{}")
    assert main(["train", str(job), "--out", str(out)]) == 0
    assert "not compared with another bundle: expected a valid report.json in " in capsys.readouterr().out
