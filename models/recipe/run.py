"""Train, evaluate, decide and publish: the steps of `chorus train` after its data are read."""

from dataclasses import replace
from pathlib import Path

from rich.console import Console

from models.contract.promotion import Decision
from models.evaluation.report.console import print_report
from models.recipe import evaluation, training
from models.recipe.assistance import check_run, dismiss
from models.recipe.fingerprint import identify_run
from models.recipe.ingestion import JobData
from models.recipe.preflight import work_folder
from models.recipe.promotion import choose_folder, decide_promotion, decide_unasked, explain_promotion
from models.recipe.publication import Target, publish_bundle
from models.recipe.training import TrainingRun
from models.recipe.update.comparison import compare, narrow_test
from models.recipe.update.decision import decide_update
from models.recipe.update.ingestion import find_new
from models.recipe.update.published import PublishedBundle
from models.training.process_group import open_process_group

LEAST_EVENTS = 3
"""With fewer events that neither network knows, they are not compared."""


def train_and_publish(
    data: JobData,
    published: PublishedBundle | None,
    job_file: Path,
    target: Target,
    console: Console,
    *,
    force: bool = False,
) -> str:
    """Train the network of a job, print its evaluation, and publish it in the target's folder; returns what was done.

    With a `published` bundle, both are compared on the newest events. Raises NothingNewError if it knows all events,
    and NotPromotedError if the new one is worse; it is then in `<folder>.rejected`.
    """
    out = target.folder
    if published is not None:
        find_new(data.dataset, published.manifest.statistics_at)
    group = open_process_group()
    fingerprint = identify_run(job_file.read_bytes(), data.digest)
    check_run(fingerprint, group)
    data, run = training.train(data, fingerprint, out, console, group)
    run = training.refresh_for_test(data, run, console)
    report = evaluation.evaluate(data, run, console)
    decision = decide_promotion(data.job, report, out, force=force)
    if published is not None and decision.promote and decide_unasked(data.job, force=force) is None:
        decision = decide_beside(data, run, published, decision, console)
    folder = choose_folder(decision, out)
    written = publish_bundle(data, run, report, replace(target, folder=folder), console)
    dismiss(group)
    training.checkpoint_path(out).unlink(missing_ok=True)
    print_report(written.report, console)
    explained = explain_promotion(decision, out, folder)
    return f"{explained}\npublished {written.manifest.model_version} in {out}"


def decide_beside(
    data: JobData, run: TrainingRun, published: PublishedBundle, before: Decision, console: Console
) -> Decision:
    """The decision on the events that neither network has learned from; `before` where there are too few of them."""
    data = narrow_test(data, published.manifest.statistics_at)
    if len(data.split.test) < LEAST_EVENTS:
        return before
    compared = compare(data, run, published, work_folder(published.folder), console)
    return decide_update(compared, data.job.promotion.tolerance)
