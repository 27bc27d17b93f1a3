"""The training loop: epochs over shuffled windows, early stopping, a checkpoint per epoch."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from models.contract.even_sample import take_evenly
from models.contract.tasks import NEXT
from models.job.errors import JobError
from models.job.training_config import TrainingConfig
from models.network.model import ChorusNetwork
from models.training.batches import Windows, collate, cut_windows, ordered_batches
from models.training.checkpoint import CheckpointFile, share_state
from models.training.corpus import Corpus, without_blank_items
from models.training.early_stopping import EarlyStopping, EpochFigures
from models.training.objective import Balance, Tables, measure_batch
from models.training.optimiser import plan_schedule
from models.training.process_group import ALONE, ProcessGroup
from models.training.steps import Lesson, StartSteps, Steps, start_batch_steps

MOST_HELD_OUT = 2_000
"""Windows whose loss stops training: of a large log they tell as much as all, in a third of the time."""
HELD_OUT_EVENTS = 12_800
"""The events of a batch whose loss is measured, with padding."""
Progress = Callable[[int, int, EpochFigures | None], None]
"""Called with the steps done, the steps of the epoch, and the epoch's figures at its end, else None."""


@dataclass(frozen=True, slots=True)
class _Run:
    """The objects of one run: its steps, and the data that they share or do not learn from."""

    steps: Steps
    held_out: Windows  # for early stopping; may be empty
    tables: Tables


@dataclass(slots=True)
class Trainer:
    """One training run: the network, the corpus parts to learn from, and the figures so far."""

    network: ChorusNetwork
    corpus: Corpus
    config: TrainingConfig
    device: torch.device
    learn: frozenset[int]  # the corpus parts to learn from
    validate: frozenset[int]  # the parts for early stopping; empty: train all epochs
    file: CheckpointFile | None = None
    start: StartSteps = start_batch_steps
    clock: Callable[[], float] = time.monotonic  # seconds
    reserve: Callable[[float], float] = lambda _seconds: 0.0
    """Mean seconds of an epoch -> the seconds of max_minutes to leave unused, for later training."""
    group: ProcessGroup = ALONE
    was_cut: bool = field(default=False, init=False)  # True: max_minutes ended the training
    stopping: EarlyStopping = field(init=False)
    deadline: float = field(default=math.inf, init=False)  # in seconds of the clock

    def __post_init__(self) -> None:
        self.corpus = without_blank_items(self.corpus)
        weights = {head.task.name: head.task.loss_weight for head in self.network.heads}
        self.stopping = EarlyStopping(weights, self.config.patience, selects=self.config.privacy is None)

    @property
    def figures(self) -> list[EpochFigures]:
        """The figures of the epochs so far."""
        return self.stopping.epochs

    def fit(self, progress: Progress) -> list[EpochFigures]:
        """Train, then load the best epoch's weights (the last epoch's without validation); returns all figures.

        Training stops before an epoch that would not end within max_minutes, at the latest within it; `was_cut` is
        then True. The learning rate falls within the epochs that are left, by the pace of those before. Raises
        JobError if a loss is not finite.
        """
        run = self._start()
        if self.file is not None:
            self.file.read(run.steps.state, self.stopping)
        share_state(run.steps.state, self.stopping, self.group)
        end = self.clock() + 60 * self.config.max_minutes
        for epoch in range(len(self.figures), self.config.epochs):
            if self.stopping.is_over:
                break
            seconds = self._mean_seconds()
            self.deadline = end - self.reserve(seconds)
            started = self.clock()
            if seconds:
                plan_schedule(run.steps.state.schedule, self._planned_share(epoch, started, seconds))
            train = None if started + seconds > self.deadline else self._train_epoch(run, epoch, progress)
            if train is None:
                self.was_cut = True
                break
            trained = _read_trained(run.steps)
            valid, gain = self._measure(trained, run) if len(run.held_out) else ({}, None)
            self._check_finite(valid)
            figures = EpochFigures(epoch, train, valid, self.clock() - started, gain)
            self.stopping.add(figures, trained)
            if self.file is not None:
                self.file.write(run.steps.state, self.stopping)
            progress(1, 1, figures)
        self.stopping.restore(self.network)
        return self.figures

    def _planned_share(self, epoch: int, now: float, seconds: float) -> float:
        """The share of all epochs that training reaches before its deadline, if one takes so many seconds."""
        left = max((self.deadline - now) / seconds, 0.0)
        return min(max(epoch + int(left), 1) / self.config.epochs, 1.0)

    def _mean_seconds(self) -> float:
        """The mean seconds of the epochs so far; 0 before the first one ends."""
        return sum(epoch.seconds for epoch in self.figures) / max(len(self.figures), 1)

    def _start(self) -> _Run:
        """Prepare the windows, tables, loss balance and optimiser."""
        length = self.network.config.history_length
        weights = {NEXT: 1.0} | dict(self.stopping.loss_weights)
        balance = Balance(weights, self.config.balancing).to(self.device)
        windows, tables = cut_windows(self.corpus, self.learn, length), self.build_tables()
        lesson = Lesson(self.network, self.corpus, windows, self.learn, tables)
        steps = self.start(lesson, balance, self.config)
        held_out = cut_windows(self.corpus, self.validate, length)
        return _Run(steps, held_out.take(take_evenly(np.arange(len(held_out)), MOST_HELD_OUT)), tables)

    def build_tables(self) -> Tables:
        """The tables of all batches; with privacy without statistics of other users and without sampled negatives."""
        statistics, private = torch.from_numpy(self.corpus.statistics), self.config.privacy is not None
        tables = Tables.of(
            self.corpus.catalogue,
            torch.zeros_like(statistics) if private else statistics,
            self.config.negatives,
            self.device,
            full=private,
        )
        return replace(tables, hides_seen=self.config.hide_seen)

    def _train_epoch(self, run: _Run, epoch: int, progress: Progress) -> dict[str, float] | None:
        """Train one epoch; returns its mean losses, or None if the deadline passed before its end."""
        random = np.random.default_rng([self.config.seed, epoch])
        torch.manual_seed(self.config.seed * 100_003 + epoch + self.group.rank * 1_000_003)  # other dropout
        self.network.train()
        epoch_losses: list[dict[str, float]] = []
        batches = run.steps.draw_batches(random)
        generator = torch.Generator().manual_seed(int(random.integers(2**31)))
        for step, windows in enumerate(batches, start=1):
            if self.clock() > self.deadline:
                return None
            losses = run.steps.take(windows, generator)
            self._check_finite(losses)
            epoch_losses += [losses] if losses else []
            progress(step, len(batches), None)
        return _mean_by_name(epoch_losses)

    def _measure(self, network: ChorusNetwork, run: _Run) -> tuple[dict[str, float], float | None]:
        """The mean loss of each task over the held-out events with a label, 0 if there are none; NDCG@10 of `next`."""
        network.eval()
        names = [NEXT, *(head.task.name for head in network.heads)]
        sums, counts = torch.zeros(2, len(names) + 1, dtype=torch.float64)  # of the losses and NDCG@10
        generator = torch.Generator().manual_seed(self.config.seed)
        count = max(HELD_OUT_EVENTS // self.network.config.history_length, 1)
        for batch_windows in ordered_batches(self.group.share(run.held_out), count):
            batch = collate(self.corpus, batch_windows, self.validate).to(self.device)
            taken = float(batch.weights.sum())
            sizes = [taken, *(int(has_label.sum()) for has_label in batch.has_label), taken]
            losses, gain = measure_batch(network, batch, run.tables, generator)
            figures = [*(losses[name] for name in names), 0.0 if gain is None else gain]
            sums += torch.tensor(figures, dtype=torch.float64) * torch.tensor(sizes, dtype=torch.float64)
            counts += torch.tensor(sizes, dtype=torch.float64)
        sums, counts = self.group.add_up(torch.stack([sums, counts]))
        *means, mean_gain = (sums / counts.clamp(min=1)).tolist()
        has_gain = not run.tables.negatives and bool(counts[0])
        return dict(zip(names, means, strict=True)), mean_gain if has_gain else None

    def _check_finite(self, losses: dict[str, float]) -> None:
        """Raise JobError if a loss is NaN or infinite: training has diverged."""
        for name, loss in losses.items():
            if not math.isfinite(loss):
                raise JobError(
                    f"training: expected a finite loss, given {loss} in epoch {len(self.figures) + 1} of '{name}'; "
                    "lower training.learning_rate"
                )


def _read_trained(steps: Steps) -> ChorusNetwork:
    """The network to validate and to keep."""
    trained = steps.state.trained
    if not isinstance(trained, ChorusNetwork):
        raise TypeError(f"expected the state of a ChorusNetwork, given {type(trained).__name__}")
    return trained


def _mean_by_name(steps: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each loss over the steps."""
    names = dict.fromkeys(name for losses in steps for name in losses)
    return {name: sum(losses[name] for losses in steps) / len(steps) for name in names}


def detect_device() -> torch.device:
    """The CUDA device if available, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
