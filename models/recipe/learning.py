"""Learn a bundle: by a training, or by an update of the published one.

The imports are late: a job or a bundle that cannot be used is refused before torch and its like are imported.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from models.contract.bundle import MANIFEST, BundleError
from models.contract.manifest_seal import BundleKey
from models.contract.process_rank import is_parallel, read_rank
from models.contract.promotion import NotPromotedError
from models.contract.update_pace import PASSES, REPLAY
from models.export.target import restore_previous
from models.job.errors import JobError, NothingNewError
from models.job.spec import JobSpec, load_job
from models.recipe.folder_lock import bundle_lock, hold_lock
from models.recipe.job_record import read_job_record, write_job_record
from models.recipe.preflight import check_folders

if TYPE_CHECKING:
    from models.recipe.update.published import PublishedBundle


@dataclass(frozen=True, slots=True)
class BundleChecks:
    """How a new bundle is checked before it is published, and the key that signs it.

    `check_bundle` is called on the complete bundle; its BundleError prevents the publication.
    """

    check_bundle: Callable[[Path], None] | None = None
    key: BundleKey | None = None


@dataclass(frozen=True, slots=True)
class UpdateOptions:
    """The bundle to update, by which log, and how."""

    bundle: Path
    log: Path
    out: Path
    job: Path | None = None  # None: the file that the bundle was trained from
    passes: int = PASSES
    replay: float = REPLAY
    force: bool = False


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """The job to train, and its data beside the job's files."""

    job: Path
    out: Path
    force: bool = False
    log: Path | None = None  # an exported log, whose events come after those of the job's files
    compares: bool = False  # the published bundle, on the newest events


def train(options: TrainOptions, console: Console, checks: BundleChecks) -> str:
    """Train a job's network, print its evaluation, and publish the bundle in `out`; returns why it could be.

    Raises FolderInUseError, before the data are read, if another command writes `out`. Raises NotPromotedError if the
    bundle in `out` is better and `force` is False; the new bundle is then in `<out>.rejected`.
    """
    job = load_job(options.job)
    check_folders(job, options.out)
    if job.training.privacy is not None and is_parallel(os.environ):
        raise JobError(
            "training.privacy: expected one process, since a step draws users, given several of torchrun"
        )
    if read_rank(os.environ):  # one of the other processes of torchrun
        from models.recipe.assistance import assist

        assist(options.job, job, options.log)
        return "trained for the first process"
    with hold_lock(bundle_lock(options.out), options.out):
        from models.data.headers import check_headers

        check_headers(job)
        from models.recipe.ingestion import ingest

        data = ingest(job, options.out, console, options.log)
        published = _open_published(options.out, job, checks) if options.compares else None
        # torch from here on
        from models.recipe.publication import Target
        from models.recipe.run import train_and_publish

        target = Target(options.out, checks.check_bundle, checks.key)
        done = train_and_publish(data, published, options.job, target, console, force=options.force)
        write_job_record(options.out, options.job)
    console.print(done)
    return done.splitlines()[0]


def _open_published(out: Path, job: JobSpec, checks: BundleChecks) -> "PublishedBundle | None":
    """The bundle in `out`, if there is one that the job could update: others cannot be compared on the same events."""
    from models.recipe.update.published import open_published

    try:
        return open_published(out, job, checks.key)
    except (BundleError, JobError):
        return None


def update(options: UpdateOptions, console: Console, checks: BundleChecks) -> tuple[str, ...]:
    """Learn the events since a bundle was published, and publish the result; returns why it could be.

    Raises NotPromotedError if it is worse than that bundle on the newest events; it is then in `<out>.rejected`.
    """
    with hold_lock(bundle_lock(options.out), options.out):
        from models.recipe.update.checks import check_update

        job_file = options.job or read_job_record(options.bundle)
        checked = check_update(options.bundle, options.log, options.out, job_file, checks.key)
        from models.recipe.update.ingestion import ingest_update

        data = ingest_update(checked.job, checked.published, options.log, options.out, console)
        # torch from here on
        from models.recipe.publication import Target
        from models.recipe.update.learning import Pace
        from models.recipe.update.run import Options, learn_and_publish, tell_outcome

        target = Target(options.out, checks.check_bundle, checks.key)
        choices = Options(Pace(options.passes, options.replay), options.force)
        done = learn_and_publish(data, checked.published, target, choices, console)
        write_job_record(options.out, job_file)
    console.print(tell_outcome(done, options.out))
    return done.decision.reasons


def recover(bundle: Path) -> None:
    """Put back the bundle that a killed publication had moved away; raises FolderInUseError while one is under way."""
    with hold_lock(bundle_lock(bundle), bundle):
        restore_previous(bundle)


@dataclass(frozen=True, slots=True)
class LearningRound:
    """The task of a round of the loop."""

    kind: str  # "update" of the bundle, or "training"
    job: Path
    bundle: Path
    log: Path  # an exported log


def learn(given: LearningRound, console: Console, checks: BundleChecks) -> tuple[str, tuple[str, ...]]:
    """Learn and publish in place of the bundle: "published", "rejected" or "nothing_new", with the reasons.

    Without a bundle it is a training.
    """
    bundle = given.bundle
    try:
        if given.kind == "training" or not (bundle / MANIFEST).is_file():
            training = TrainOptions(given.job, bundle, log=given.log, compares=True)
            reasons: tuple[str, ...] = (train(training, console, checks),)
        else:
            reasons = update(UpdateOptions(bundle, given.log, bundle, given.job), console, checks)
    except NothingNewError as error:
        return "nothing_new", error.errors
    except NotPromotedError as error:
        return "rejected", (str(error),)
    return "published", reasons
