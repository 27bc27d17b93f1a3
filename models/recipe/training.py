"""Train the network with early stopping, fit on validation, and refresh on later parts."""

import ctypes
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from rich.console import Console
from rich.progress import Progress

from models.evaluation.inference import CorpusPredictor
from models.export.diversity import describe_diversity
from models.export.fitting import MAX_LISTS, FusionAim, ValidationFit, ValidationSamples, fit_on_validation
from models.export.links import describe_links
from models.export.polarity import centre_vectors, describe_polarity, fit_polarity, read_valued_events
from models.job.training_config import TrainingConfig
from models.network.model import ChorusNetwork
from models.network.shape import infer_shape
from models.recipe.evaluation_lists import build_evaluation_lists, build_next_event_lists
from models.recipe.ingestion import JobData
from models.recipe.preflight import work_folder
from models.recipe.privacy import open_privacy
from models.recipe.time_budget import FULL_REFRESH, TEST_REFRESH, TimeBudget
from models.recipe.warning import warn
from models.training.checkpoint import CheckpointFile
from models.training.corpus import PART_TEST, PART_TRAIN, PART_VALID
from models.training.early_stopping import EpochFigures
from models.training.loop import Trainer, detect_device
from models.training.parallel_steps import start_parallel
from models.training.process_group import ALONE, ProcessGroup
from models.training.steps import StartSteps, start_batch_steps

if TYPE_CHECKING:
    from models.training.private_steps import PrivateTraining

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of mallopt (glibc, malloc.h)."""
KEEP_BYTES = 1 << 30
REFRESH_RATE = 0.25
"""Learning rate of a refresh, as a share of the configured one."""
REFRESH_PARTS = {
    TEST_REFRESH: frozenset({PART_TRAIN, PART_VALID}),
    FULL_REFRESH: frozenset({PART_TRAIN, PART_VALID, PART_TEST}),
}
"""Refresh -> the parts of the corpus that it learns from."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """A trained network with its fits on validation, epoch figures and timings."""

    network: ChorusNetwork
    device: torch.device
    fitted: ValidationFit
    figures: tuple[EpochFigures, ...]
    seconds: dict[str, float]  # stage -> seconds
    cuts: tuple[str, ...] = ()  # a sentence for each step that max_minutes cut short
    private: "PrivateTraining | None" = None  # None: training without privacy
    group: ProcessGroup = ALONE  # the processes that train

    def open_predictor(self, data: JobData) -> CorpusPredictor:
        """The network over the data of this run, with its fitted recency and still without links."""
        return CorpusPredictor.of(self.network, data.corpus, self.device, self.fitted.recency)


def train(
    data: JobData, fingerprint: str, out: Path, console: Console, group: ProcessGroup = ALONE
) -> tuple[JobData, TrainingRun]:
    """Train with early stopping, resuming from a checkpoint with this fingerprint, then fit on validation.

    Returns the data with the fitted polarity of values in the feature specification, and the run. The other processes
    of a group train by models.recipe.assistance.
    """
    keep_memory()
    job, began, device = data.job, time.monotonic(), detect_device()
    network = build_network(data, device)
    file = CheckpointFile(checkpoint_path(out), fingerprint, console.print)
    private = open_privacy(data, device)
    trainer = open_trainer(data, network, choose_steps(private, group), group, file)
    figures = fit_with_progress(trainer, "training", console)
    budget = TimeBudget.of(data)
    cuts = [budget.describe_training_cut(len(figures), job.training.epochs)] if trainer.was_cut else []
    warn(cuts, console)
    trained = time.monotonic()
    predictor = CorpusPredictor.of(network, data.corpus, device)
    data = learn_polarity(data, predictor, console)
    predictor = replace(predictor, corpus=data.corpus)
    samples = ValidationSamples(
        build_evaluation_lists(data, PART_VALID), build_next_event_lists(data, PART_VALID, MAX_LISTS)
    )
    aim = FusionAim(job.fusion, job.objective_weights)
    fitted = fit_on_validation(predictor, samples, data.dataset.items, aim, job.fits_links)
    console.print(describe_diversity(fitted.diversity))
    if fitted.links is not None:
        console.print(describe_links(fitted.links))
    seconds = {"train": trained - began, "fit": time.monotonic() - trained}
    return data, TrainingRun(network, device, fitted, tuple(figures), seconds, tuple(cuts), private, group)


def open_trainer(
    data: JobData,
    network: ChorusNetwork,
    start: StartSteps,
    group: ProcessGroup,
    file: CheckpointFile | None = None,
) -> Trainer:
    """The training of a job before its refreshes, in one of the processes of a group; the first has the checkpoint."""
    return Trainer(
        network,
        data.corpus,
        data.job.training,
        next(network.parameters()).device,
        frozenset({PART_TRAIN}),
        frozenset({PART_VALID}),
        file,
        start,
        clock=group.read_clock,
        reserve=TimeBudget.of(data).reserve,
        group=group,
    )


def build_network(data: JobData, device: torch.device) -> ChorusNetwork:
    """The untrained network of a job, with weights by its seed."""
    torch.manual_seed(data.job.training.seed)
    heads = tuple(labels.head for labels in data.corpus.labels)
    return ChorusNetwork(data.job.network, infer_shape(data.corpus.spec), heads).to(device)


def choose_steps(private: "PrivateTraining | None", group: ProcessGroup) -> StartSteps:
    """The steps of all trainings of a run; private ones are of one process (models.recipe.learning)."""
    if private is not None:
        return private.start
    return start_parallel(group) if group.size > 1 else start_batch_steps


def learn_polarity(data: JobData, predictor: CorpusPredictor, console: Console) -> JobData:
    """The data with the polarity of values in its feature specification; see models.export.polarity."""
    events = read_valued_events(predictor.corpus)
    polarity = fit_polarity(events, centre_vectors(predictor.vectors.cpu().numpy()))
    if len(events.values):
        console.print(describe_polarity(polarity))
    spec = data.corpus.spec.model_copy(update={"polarity": polarity})
    return replace(data, corpus=replace(data.corpus, spec=spec))


def checkpoint_path(out: Path) -> Path:
    """The checkpoint file of a run to `out`; it is deleted once the bundle is published."""
    return work_folder(out) / "checkpoint.pt"


def refresh_for_test(data: JobData, run: TrainingRun, console: Console) -> TrainingRun:
    """Train `refresh_epochs` on training and validation parts, so that the test measures a network of that moment.

    Without a test part the run is returned unchanged: `refresh_with_all` trains on all parts at once.
    """
    if data.job.export.fit == "all" and not len(data.split.test):
        return run
    return refresh(data, run, TEST_REFRESH, console)


def refresh_with_all(data: JobData, run: TrainingRun, console: Console) -> TrainingRun:
    """Train `refresh_epochs` on all parts, for publication after the evaluation."""
    return refresh(data, run, FULL_REFRESH, console)


def refresh(data: JobData, run: TrainingRun, name: str, console: Console) -> TrainingRun:
    """Train `refresh_epochs` more at a lower rate on the parts of the refresh, or as many as max_minutes leaves."""
    budget = TimeBudget.of(data)
    if not budget.epochs:
        return run
    spent = run.seconds["train"] + run.seconds.get("refresh", 0.0)
    epochs = budget.affordable_epochs(name, spent, [epoch.seconds for epoch in run.figures])
    began, ended = time.monotonic(), 0
    if epochs:
        plan = run.group.agree(Refresh(name, epochs, data.job.training.max_minutes - spent / 60))
        ended = learn_again(data, run.network, plan, choose_steps(run.private, run.group), run.group, console)
    cuts = [budget.describe_refresh_cut(name, ended)] if ended < budget.epochs else []
    warn(cuts, console)
    seconds = run.seconds.get("refresh", 0.0) + time.monotonic() - began
    return replace(run, seconds=run.seconds | {"refresh": seconds}, cuts=(*run.cuts, *cuts))


@dataclass(frozen=True, slots=True)
class Refresh:
    """A refresh that the first process has planned."""

    name: str  # a key of REFRESH_PARTS
    epochs: int
    minutes: float  # the most


def learn_again(
    data: JobData,
    network: ChorusNetwork,
    plan: Refresh,
    start: StartSteps,
    group: ProcessGroup,
    console: Console,
) -> int:
    """Train the network for a refresh; returns the epochs that ended."""
    parts = REFRESH_PARTS[plan.name]
    trainer = Trainer(
        network,
        data.corpus,
        configure_refresh(data.job.training, parts, plan.epochs, plan.minutes),
        next(network.parameters()).device,
        parts,
        validate=frozenset(),
        start=start,
        clock=group.read_clock,
        group=group,
    )
    return len(fit_with_progress(trainer, "refresh", console))


def configure_refresh(
    config: TrainingConfig, parts: frozenset[int], epochs: int, minutes: float
) -> TrainingConfig:
    """The settings of a refresh on the parts."""
    return config.model_copy(
        update={
            "epochs": epochs,
            "learning_rate": REFRESH_RATE * config.learning_rate,
            "seed": config.seed + len(parts),
            "max_minutes": minutes,
        }
    )


def fit_with_progress(trainer: Trainer, name: str, console: Console) -> list[EpochFigures]:
    """Train with a progress bar, and print one line per epoch."""
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task(name, total=None)

        def show(done: int, steps: int, figures: EpochFigures | None) -> None:
            progress.update(bar, completed=done, total=steps)
            if figures is not None:
                losses = figures.valid or figures.train
                loss_text = "  ".join(f"{task} {loss:.3f}" for task, loss in losses.items())
                kind = "valid" if figures.valid else "train"
                lists = f"  NDCG@10 {figures.gain:.4f}" if figures.gain is not None else ""
                console.print(
                    f"{name} epoch {figures.epoch + 1}  {kind}: {loss_text}{lists}  ({figures.seconds:.1f} s)"
                )

        return trainer.fit(show)


def keep_memory() -> None:
    """Make glibc keep freed memory blocks: training is 1.5 times faster (docs/measurements.md)."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # absent in musl
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEEP_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEEP_BYTES)
