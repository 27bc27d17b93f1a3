"""Update a published bundle: the steps in order."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from models.contract.promotion import Decision, NotPromotedError
from models.evaluation.report.console import print_report
from models.evaluation.report.warnings import add_warnings
from models.recipe.preflight import work_folder
from models.recipe.promotion import choose_folder, decide_unasked
from models.recipe.publication import Published, Target, grow_vocabularies, write_bundle
from models.recipe.report import build_report
from models.recipe.update.comparison import compare
from models.recipe.update.decision import decide_update
from models.recipe.update.fits import fit_again
from models.recipe.update.ingestion import UpdateData
from models.recipe.update.learning import Pace, learn_new, new_rows, start_run
from models.recipe.update.published import PublishedBundle


@dataclass(frozen=True, slots=True)
class Options:
    """How the network learns, and whether it is published in any case."""

    pace: Pace
    force: bool


@dataclass(frozen=True, slots=True)
class Updated:
    """The outcome of an update: the new bundle, its folder, and whether it was promoted."""

    published: Published
    folder: Path
    decision: Decision
    new_events: int
    seconds: float


def learn_and_publish(
    update: UpdateData, published: PublishedBundle, target: Target, options: Options, console: Console
) -> Updated:
    """Learn the new events from the published bundle and publish the result in the target's folder.

    A bundle that is worse than the published one on the newest events is written to `<folder>.rejected` instead. Raises
    JobError and BundleError.
    """
    began, pace = time.monotonic(), options.pace
    data, parts = update.data, update.data.split
    run = start_run(published, data)
    run = learn_new(update, run, new_rows(update, parts.train), pace, console)
    run = fit_again(data, run, console)
    if data.job.export.fit == "train":
        run = learn_new(update, run, new_rows(update, parts.valid), pace, console)
    compared = compare(data, run, published, work_folder(target.folder), console)
    unasked = decide_unasked(data.job, force=options.force)
    decision = unasked or decide_update(compared, data.job.promotion.tolerance)
    report = build_report(data, run, compared.rankings, compared.heads, data.timings | run.seconds)
    if data.job.export.fit == "all":
        data, run = grow_vocabularies(data, run)
        run = learn_new(
            UpdateData(data, update.since),
            run,
            new_rows(update, parts.train, parts.valid, parts.test),
            pace,
            console,
        )
    report = add_warnings(report.model_copy(update={"timings": report.timings | run.seconds}))
    folder = choose_folder(decision, target.folder)
    written = write_bundle(data, run, report, replace(target, folder=folder))
    print_report(written.report, console)
    return Updated(written, folder, decision, update.new_events, time.monotonic() - began)


def tell_outcome(done: Updated, out: Path) -> str:
    """The outcome of an update in two lines; raises NotPromotedError with the reasons against its bundle."""
    reasons = "; ".join(done.decision.reasons)
    if not done.decision.promote:
        raise NotPromotedError(
            f"{reasons}; the updated bundle is in {done.folder}, and nothing changed in {out}; update with --force to "
            "publish it all the same"
        )
    why = "no worse than" if done.decision.compared else "not compared with"
    version = done.published.manifest.model_version
    return (
        f"{why} the published bundle: {reasons}\n"
        f"published {version} in {out}, updated by {done.new_events:,} events in {done.seconds:.0f} s"
    )
