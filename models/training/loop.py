"""The training loop: epochs over shuffled windows, early stopping on validation, a checkpoint each epoch."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import torch

from models.contract.tasks import NEXT
from models.job.errors import JobError
from models.job.training_config import TrainingConfig
from models.network.model import ChorusNetwork
from models.training.batches import Windows, collate, cut_windows, ordered_batches, shuffled_batches
from models.training.checkpoint import CheckpointFile, TrainingState
from models.training.corpus import Corpus
from models.training.early_stopping import EarlyStopping, EpochFigures
from models.training.objective import Balance, Tables, batch_losses
from models.training.optimiser import build_optimiser

GRADIENT_NORM = 1.0
MIN_STEPS = 64
"""An epoch has about this many steps at least: with fewer, a small log would hardly move the weights."""
MIN_WINDOW_EVENTS = 8
"""A batch is never smaller than batch_size windows of this many events."""


Progress = Callable[[int, int, EpochFigures | None], None]
"""Called with the steps done, the steps of the epoch, and the epoch's figures when it has ended."""


@dataclass(frozen=True, slots=True)
class _Run:
    """What stays for a whole run: its windows, its tables, and the state that the steps change."""

    windows: Windows  # that are learned from
    held_out: Windows  # that decide when to stop; may be empty
    tables: Tables
    balance: Balance
    state: TrainingState


@dataclass(slots=True)
class Trainer:
    """One run of training: the network, the events it learns from, and how training goes so far."""

    network: ChorusNetwork
    corpus: Corpus
    config: TrainingConfig
    device: torch.device
    learn: frozenset[int]  # the corpus parts that are learned from
    validate: frozenset[int]  # the parts that decide when to stop; empty: train all epochs
    file: CheckpointFile | None = None
    clock: Callable[[], float] = time.monotonic  # seconds
    stopping: EarlyStopping = field(init=False)
    deadline: float = field(default=math.inf, init=False)  # by the clock

    def __post_init__(self) -> None:
        weights = {head.task.name: head.task.loss_weight for head in self.network.heads}
        self.stopping = EarlyStopping(weights, self.config.patience)

    @property
    def figures(self) -> list[EpochFigures]:
        """The figures of the epochs so far."""
        return self.stopping.epochs

    def fit(self, progress: Progress) -> list[EpochFigures]:
        """Trains; the network ends with the best epoch's weights (the last one's without validation).

        After max_minutes training ends within the epoch, with the best weights so far. Raises JobError if a loss
        is not finite.
        """
        run = self._start()
        if self.file is not None:
            self.file.read(run.state, self.stopping)
        self.deadline = self.clock() + 60 * self.config.max_minutes
        for epoch in range(len(self.figures), self.config.epochs):
            if self.stopping.is_over or self.clock() > self.deadline:
                break
            started = self.clock()
            train = self._train_epoch(run, epoch, progress)
            if train is None:
                break
            valid = self._mean_losses(run.held_out, run.tables) if len(run.held_out) else {}
            self._check_finite(valid)
            figures = EpochFigures(epoch, train, valid, self.clock() - started)
            self.stopping.add(figures, self.network)
            if self.file is not None:
                self.file.write(run.state, self.stopping)
            progress(1, 1, figures)
        self.stopping.restore(self.network)
        return self.figures

    def _start(self) -> _Run:
        """The windows, tables, loss balance and optimiser of a run that has made no step."""
        length = self.network.config.history_length
        windows = cut_windows(self.corpus, self.learn, length)
        statistics = torch.from_numpy(self.corpus.statistics)
        tables = Tables.of(self.corpus.catalogue, statistics, self.config.negatives, self.device)
        weights = {NEXT: 1.0} | dict(self.stopping.loss_weights)
        balance = Balance(weights, self.config.balancing).to(self.device)
        steps = len(self._batches(windows, np.random.default_rng(self.config.seed))) * self.config.epochs
        optimiser, schedule = build_optimiser(self.network, balance, self.config, steps)
        return _Run(
            windows,
            cut_windows(self.corpus, self.validate, length),
            tables,
            balance,
            TrainingState(self.network, balance, optimiser, schedule),
        )

    def _batches(self, windows: Windows, random: np.random.Generator) -> list[Windows]:
        """One epoch's batches, each of about batch_size full windows' events; of fewer if data is scarce."""
        full = self.config.batch_size * self.network.config.history_length
        events = int((windows.stop - windows.start).sum())
        scarce = max(events // MIN_STEPS, MIN_WINDOW_EVENTS * self.config.batch_size)
        return shuffled_batches(windows, min(full, scarce), random)

    def _train_epoch(self, run: _Run, epoch: int, progress: Progress) -> dict[str, float] | None:
        """Mean losses of the epoch; None if the deadline passed before its end."""
        random = np.random.default_rng([self.config.seed, epoch])
        torch.manual_seed(self.config.seed * 100_003 + epoch)
        self.network.train()
        sums: dict[str, float] = {}
        batches = self._batches(run.windows, random)
        steps = len(batches)
        generator = torch.Generator().manual_seed(int(random.integers(2**31)))
        for step, windows in enumerate(batches, start=1):
            if self.clock() > self.deadline:
                return None
            for name, loss in self._step(run, windows, generator).items():
                sums[name] = sums.get(name, 0.0) + loss / steps
            progress(step, steps, None)
        return sums

    def _step(self, run: _Run, windows: Windows, generator: torch.Generator) -> dict[str, float]:
        """One step on one batch of windows; returns its losses. Raises JobError if one is not finite."""
        batch = collate(self.corpus, windows, self.learn).to(self.device)
        losses = batch_losses(self.network, batch, run.tables, generator)
        figures = {name: float(loss.detach()) for name, loss in losses.items()}
        self._check_finite(figures)
        run.state.optimiser.zero_grad(set_to_none=True)
        run.balance(losses).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
        run.state.optimiser.step()
        run.state.schedule.step()
        return figures

    @torch.no_grad()
    def _mean_losses(self, windows: Windows, tables: Tables) -> dict[str, float]:
        """Each task's mean loss over the held-out events that have its label; 0 if none has."""
        self.network.eval()
        sums: dict[str, float] = {}
        counts: dict[str, int] = {}
        generator = torch.Generator().manual_seed(self.config.seed)
        for batch_windows in ordered_batches(windows, self.config.batch_size):
            batch = collate(self.corpus, batch_windows, self.validate).to(self.device)
            sizes = {NEXT: int(batch.wanted.sum())}
            for head, known in zip(self.network.heads, batch.known, strict=True):
                sizes[head.task.name] = int(known.sum())
            for name, loss in batch_losses(self.network, batch, tables, generator).items():
                sums[name] = sums.get(name, 0.0) + float(loss) * sizes[name]
                counts[name] = counts.get(name, 0) + sizes[name]
        return {name: value / max(counts[name], 1) for name, value in sums.items()}

    def _check_finite(self, losses: dict[str, float]) -> None:
        """Raises JobError if training diverges: the weights after that are worthless."""
        for name, loss in losses.items():
            if not math.isfinite(loss):
                raise JobError(
                    f"training: expected a finite loss, given {loss} in epoch {len(self.figures) + 1} of '{name}'; "
                    "lower training.learning_rate"
                )


def detect_device() -> torch.device:
    """CUDA if there is a device, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
