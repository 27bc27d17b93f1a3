"""Promote a new bundle over the published one, or put it beside it."""

import shutil
from pathlib import Path

from models.contract.bundle import MANIFEST, REJECTED
from models.contract.promotion import Decision
from models.evaluation.promotion import NotPromotedError, compare_with_published
from models.evaluation.report.schema import Report
from models.job.spec import JobSpec


def decide_promotion(job: JobSpec, report: Report, out: Path, *, force: bool) -> Decision:
    """Whether the new bundle may take the place of the one in `out`, by the job's `promotion` section."""
    if force:
        return Decision(True, False, ("--force was given",))
    if not job.promotion.enabled:
        return Decision(True, False, ("promotion.enabled is false",))
    return compare_with_published(report, out, job.promotion.tolerance)


def choose_folder(decision: Decision, out: Path) -> Path:
    """The folder to publish in: `out`, or for a rejected bundle the one beside it, cleared of an earlier one."""
    if decision.promote:
        return out
    rejected = out.with_name(out.name + REJECTED)
    if (rejected / MANIFEST).is_file():
        shutil.rmtree(rejected)
    return rejected


def explain_promotion(decision: Decision, out: Path, folder: Path) -> str:
    """One line on a promoted bundle, with its reasons; raises NotPromotedError with those against a rejected one."""
    reasons = "; ".join(decision.reasons)
    if not decision.promote:
        raise NotPromotedError(
            f"{reasons}; the new bundle is worse than the one in {out}, which stays, and is in {folder}; "
            "train with --force to publish it all the same"
        )
    if decision.compared:
        return f"no worse than the bundle that it replaces: {reasons}"
    return f"not compared with another bundle: {reasons}"
