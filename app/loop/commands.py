"""The command `chorus loop`: rounds at an interval until it is stopped, or the table of those so far."""

import json
import signal
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from app.access.administration import Place
from app.config import Settings
from app.log import commands as log_commands
from app.loop.loop import StepError, Steps, run_rounds
from app.loop.round import Exported, Learned, Outcome
from app.loop.served_model import check_url, serve_published
from app.loop.table import read_rounds, render
from models.contract.bundle import MANIFEST, BundleError, read_manifest

WORK = ".loop"
"""Suffix of the loop's work folder beside a bundle: the table, the note of the round under way, the exported log."""


@dataclass(frozen=True, slots=True)
class LoopOptions:
    """The data that the loop learns from, and how often it does."""

    bundle: Path
    log: Path | None  # None: in the work folder
    every_s: float
    full_every: int | None  # None: no full training
    service: str | None
    tenant: str
    place: Place
    rounds: int | None  # None: until the process is stopped

    @property
    def work(self) -> Path:
        """The work folder."""
        return work_folder(self.bundle)

    @property
    def log_folder(self) -> Path:
        """The folder of the exported log."""
        return self.log or self.work / "log"


@dataclass(frozen=True, slots=True)
class Learning:
    """The steps of the loop that belong to the offline side: each function raises one of `refusals`."""

    recover: Callable[[Path], None]
    learn: Callable[[str, Path], tuple[str, tuple[str, ...]]]
    """Kind of the round and folder of the exported log -> the outcome and its reasons."""
    lock: Callable[[Path], AbstractContextManager[None]]
    refusals: tuple[type[Exception], ...]


def read_options(given: Namespace) -> LoopOptions:
    """The options of the command line."""
    return LoopOptions(
        bundle=given.bundle,
        log=given.log,
        every_s=given.every,
        full_every=given.full_every,
        service=None if given.service is None else check_url(given.service),
        tenant=given.tenant,
        place=Place(None, given.redis, given.state),
        rounds=given.rounds,
    )


def require_job(job: Path | None) -> Path:
    """The job's file; raises ValueError without one."""
    if job is None:
        raise ValueError("expected the job's YAML file, or --show, given neither")
    return job


def work_folder(bundle: Path) -> Path:
    """The loop's work folder beside a bundle."""
    return bundle.with_name(bundle.name + WORK)


def show_rounds(bundle: Path) -> list[str]:
    """The table of the loop's rounds as lines of text; raises ValueError without one."""
    rounds = read_rounds(work_folder(bundle))
    if not rounds:
        raise ValueError(f"expected a loop that has ended a round for {bundle}, given none")
    return render(rounds)


def run_loop(
    options: LoopOptions, settings: Settings, learning: Learning, tell: Callable[[str], None]
) -> None:
    """Run rounds until the process is stopped, and tell a line of JSON of each.

    Raises one of `learning.refusals`, such as for a second loop of the same bundle, and ValueError.
    """
    options.work.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _stop)
    with learning.lock(options.work):
        steps = build_steps(options, settings, learning)
        began = time.monotonic()
        for number, _ in enumerate(run_rounds(options.work, steps, options.full_every, tell), start=1):
            if number == options.rounds:
                return
            time.sleep(max(began + number * options.every_s - time.monotonic(), 0.0))


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def build_steps(options: LoopOptions, settings: Settings, learning: Learning) -> Steps:
    """The steps of the loop's rounds, whose refusals are failures that the next round tries again."""
    bundle, service = options.bundle, options.service
    export_refusals: tuple[type[Exception], ...] = (*log_commands.REFUSALS, *learning.refusals)
    key = None if settings.api_key is None else settings.api_key.get_secret_value()

    def export() -> Exported:
        options.log_folder.mkdir(parents=True, exist_ok=True)
        try:
            with learning.lock(options.log_folder):
                return export_now(options, settings)
        except export_refusals as error:
            raise StepError(f"export: {error}") from error

    def learn(kind: str) -> Learned:
        try:
            outcome, reasons = learning.learn(kind, options.log_folder)
        except learning.refusals as error:
            raise StepError(f"{kind}: {error}") from error
        return Learned(Outcome(outcome), reasons)

    def serve(version: str) -> str:
        return serve_published(service or "", bundle, version, key)

    return Steps(
        recover=lambda: learning.recover(bundle),
        export=export,
        learn=learn,
        published=lambda: read_published(bundle, settings),
        serve=None if service is None else serve,
    )


def export_now(options: LoopOptions, settings: Settings) -> Exported:
    """Export the accepted events once. Raises one of the refusals of app.log.commands."""
    lines: list[str] = []
    bundle = options.bundle if (options.bundle / MANIFEST).is_file() else None
    export = log_commands.ExportOptions(
        options.log_folder, options.tenant, options.place, every_s=None, bundle=bundle
    )
    log_commands.run_export(export, settings, lines.append)
    facts = json.loads(lines[-1])
    return Exported(facts["events"], facts["erased_events"], facts.get("warning", ""))


def read_published(bundle: Path, settings: Settings) -> str | None:
    """The model version of the published bundle; None if there is none that can be read."""
    if not (bundle / MANIFEST).is_file():
        return None
    try:
        return read_manifest(bundle, settings.signing_key).model_version
    except BundleError:
        return None
