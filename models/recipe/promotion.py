"""Decide whether a new bundle replaces the published one, and where to write it."""

import shutil
from pathlib import Path

from models.contract.bundle import MANIFEST, REJECTED
from models.contract.promotion import Decision, NotPromotedError
from models.evaluation.promotion import compare_with_published
from models.evaluation.report.schema import Report
from models.job.spec import JobSpec


def decide_promotion(job: JobSpec, report: Report, out: Path, *, force: bool) -> Decision:
    """Decide whether the new bundle replaces the one in `out`, by the job's `promotion` section or `force`."""
    unasked = decide_unasked(job, force=force)
    return unasked or compare_with_published(report, out, job.promotion.tolerance)


def decide_unasked(job: JobSpec, *, force: bool) -> Decision | None:
    """The decision to publish whatever a comparison says, by `force` or the job; None where the comparison decides."""
    if force:
        return Decision(True, False, ("--force was given",))
    if not job.promotion.enabled:
        return Decision(True, False, ("promotion.enabled is false",))
    return None


def choose_folder(decision: Decision, out: Path) -> Path:
    """The folder to publish in: `out`, or for a rejected bundle `<out>.rejected`, cleared of an earlier bundle."""
    if decision.promote:
        return out
    rejected = out.with_name(out.name + REJECTED)
    if (rejected / MANIFEST).is_file():
        shutil.rmtree(rejected)
    return rejected


def explain_promotion(decision: Decision, out: Path, folder: Path) -> str:
    """One line that explains the promotion; raises NotPromotedError with the reasons against it."""
    reasons = "; ".join(decision.reasons)
    if not decision.promote:
        raise NotPromotedError(
            f"{reasons}; the new bundle is worse than the one in {out}, which stays, and is in {folder}; "
            "train with --force to publish it all the same"
        )
    if decision.compared:
        return f"no worse than the bundle that it replaces: {reasons}"
    return f"not compared with another bundle: {reasons}"
