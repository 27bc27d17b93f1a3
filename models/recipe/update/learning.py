"""Learn the new events from the published weights, with replay of older ones against forgetting."""

import time
from dataclasses import dataclass, replace

import numpy as np
import torch
from rich.console import Console

from models.contract.arrays import Indices
from models.contract.update_pace import PASSES, REPLAY
from models.job.spec import JobError
from models.network.model import grow_network, load_network
from models.network.shape import infer_shape
from models.recipe.ingestion import JobData
from models.recipe.training import TrainingRun, fit_with_progress, keep_memory
from models.recipe.update.fits import adopt_fit
from models.recipe.update.ingestion import UpdateData
from models.recipe.update.published import PublishedBundle
from models.training.loop import Trainer, detect_device
from models.training.replay import PART_NEW, mark_new, start_replay

RATE = 0.5
"""Learning rate of an update, as a share of the job's."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How an update learns: passes over the new events, and old events in a pass for each new one."""

    passes: int = PASSES
    replay: float = REPLAY


def start_run(published: PublishedBundle, data: JobData) -> TrainingRun:
    """The run of an update before its first step: the published network with larger tables, and its fits."""
    keep_memory()
    device = detect_device()
    network = load_network(published.folder, published.manifest, published.spec)
    heads = tuple(labels.head for labels in data.corpus.labels)
    torch.manual_seed(data.job.training.seed)
    network = grow_network(network, infer_shape(data.corpus.spec), heads).to(device)
    return TrainingRun(network, device, adopt_fit(published, data), (), {"train": 0.0})


def learn_new(
    update: UpdateData, run: TrainingRun, rows: Indices, pace: Pace, console: Console
) -> TrainingRun:
    """Learn the events at `rows` [m] of the log, which are new, mixed with older events.

    Raises JobError if none can be learned: their items have neither attributes nor events to learn from.
    """
    began, data = time.monotonic(), update.data
    training = data.job.training
    config = training.model_copy(
        update={
            "epochs": pace.passes,
            "learning_rate": RATE * training.learning_rate,
            "seed": training.seed + len(run.figures) + 1,
        }
    )
    trainer = Trainer(
        run.network,
        mark_new(data.corpus, rows),
        config,
        run.device,
        frozenset({PART_NEW}),
        validate=frozenset(),
        start=start_replay(pace.replay),
    )
    if not (trainer.corpus.part == PART_NEW).any():
        raise JobError(f"log: expected new events of items that can be learned, given none among {len(rows)}")
    figures = fit_with_progress(trainer, "update", console)
    seconds = run.seconds["train"] + time.monotonic() - began
    return replace(run, figures=(*run.figures, *figures), seconds=run.seconds | {"train": seconds})


def new_rows(update: UpdateData, *parts: Indices) -> Indices:
    """The new events of parts of the split, as rows of the log."""
    rows = np.concatenate(parts)
    return np.asarray(np.sort(rows[rows >= update.since]), dtype=np.int64)
