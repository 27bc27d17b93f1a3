"""The training loop: epochs over shuffled windows, early stopping on validation, a checkpoint each epoch."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from models.contract.tasks import NEXT
from models.job.errors import JobError
from models.job.training_config import TrainingConfig
from models.network.model import ChorusNetwork
from models.training.batches import Windows, collate, ordered_batches, shuffled_batches, windows_of
from models.training.checkpoint import Checkpoint, CheckpointFile
from models.training.corpus import Corpus
from models.training.objective import Balance, Tables, batch_losses

GRADIENT_NORM = 1.0
WARM_UP_STEPS = 50
LEAST_STEPS = 64
"""An epoch has about so many steps at least: a small log would be over before the weights have moved."""
SHORT = 8
"""But a batch is never smaller than batch_size windows of so many events."""


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """Mean losses of one epoch, a task each; `valid` is empty where there is nothing to validate on."""

    epoch: int
    train: dict[str, float]
    valid: dict[str, float]
    seconds: float


Progress = Callable[[int, int, EpochFigures | None], None]
"""Called with (steps done, steps in all, an epoch's figures when one has ended)."""


@dataclass(slots=True)
class Trainer:
    """One run of training: the network, what it learns from, and what is remembered between epochs."""

    network: ChorusNetwork
    corpus: Corpus
    config: TrainingConfig
    device: torch.device
    learn: frozenset[int]  # the corpus parts that are learned from
    validate: frozenset[int]  # the parts that decide when to stop; empty: train all epochs
    file: CheckpointFile | None = None
    figures: list[EpochFigures] = field(default_factory=list)
    clock: Callable[[], float] = time.monotonic  # seconds
    until: float = field(default=math.inf, init=False)  # when the time is up, by the clock

    def fit(self, progress: Progress) -> list[EpochFigures]:
        """Train; the network ends with the best epoch's weights (the last one's where nothing validates).

        When max_minutes are over it ends within the epoch, with the best weights so far. Raises JobError where a
        loss is not finite.
        """
        length = self.network.config.history_length
        windows = windows_of(self.corpus, self.learn, length)
        held_out = windows_of(self.corpus, self.validate, length)
        tables = Tables.of(
            self.corpus.catalogue,
            torch.from_numpy(self.corpus.statistics),
            self.config.negatives,
            self.device,
        )
        weights = {NEXT: 1.0} | {head.task.name: head.task.loss_weight for head in self.network.heads}
        balance = Balance(weights, self.config.balancing).to(self.device)
        steps = len(self._batches(windows, np.random.default_rng(self.config.seed)))
        optimiser = torch.optim.AdamW(self._groups(balance), lr=self.config.learning_rate)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, self._rate(steps * self.config.epochs))
        state = Checkpoint(self.network, balance, optimiser, schedule)
        best, self.until = self._resume(state), self.clock() + 60 * self.config.max_minutes
        for epoch in range(len(self.figures), self.config.epochs):
            if self._finished(best):
                break
            at = self.clock()
            random = np.random.default_rng([self.config.seed, epoch])
            torch.manual_seed(self.config.seed * 100_003 + epoch)
            train = self._train_epoch(windows, tables, balance, (optimiser, schedule), random, progress)
            if train is None:
                break
            valid = self._mean_losses(held_out, tables) if len(held_out) else {}
            self._check_finite(valid)
            figures = EpochFigures(epoch, train, valid, self.clock() - at)
            self.figures.append(figures)
            if self._better(figures, best):
                best = (epoch, {name: value.clone() for name, value in self.network.state_dict().items()})
            if self.file is not None:
                self.file.write(state, best, [vars_of(figure) for figure in self.figures])
            progress(1, 1, figures)
        if best is not None:
            self.network.load_state_dict(best[1])
        return self.figures

    def _batches(self, windows: Windows, random: np.random.Generator) -> list[Windows]:
        """One epoch's batches, each of about batch_size full windows' events; of fewer where data is scarce."""
        full = self.config.batch_size * self.network.config.history_length
        scarce = max(int((windows.stop - windows.start).sum()) // LEAST_STEPS, SHORT * self.config.batch_size)
        return shuffled_batches(windows, min(full, scarce), random)

    def _groups(self, balance: Balance) -> list[dict[str, Any]]:
        """Weight decay for the matrices of linear maps only: not for embeddings, biases, norms or balance."""
        tables = {id(one.weight) for one in self.network.modules() if isinstance(one, nn.Embedding)}
        decayed = [p for p in self.network.parameters() if p.ndim > 1 and id(p) not in tables]
        taken = set(map(id, decayed))
        plain = [p for p in (*self.network.parameters(), *balance.parameters()) if id(p) not in taken]
        return [
            {"params": decayed, "weight_decay": self.config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]

    def _rate(self, total: int) -> Callable[[int], float]:
        """Linear warm-up, then a cosine down to a tenth."""
        return lambda step: min(
            (step + 1) / WARM_UP_STEPS, 0.55 + 0.45 * float(np.cos(np.pi * min(step / max(total, 1), 1.0)))
        )

    def _train_epoch(
        self,
        windows: Windows,
        tables: Tables,
        balance: Balance,
        optimisation: tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler],
        random: np.random.Generator,
        progress: Progress,
    ) -> dict[str, float] | None:
        """Mean losses; None where the time was up before the epoch's end."""
        self.network.train()
        optimiser, schedule = optimisation
        sums: dict[str, float] = {}
        batches = self._batches(windows, random)
        steps = len(batches)
        generator = torch.Generator().manual_seed(int(random.integers(2**31)))
        for step, some in enumerate(batches):
            if self.clock() > self.until:
                return None
            batch = collate(self.corpus, some, self.learn).to(self.device)
            losses = batch_losses(self.network, batch, tables, generator)
            self._check_finite({name: float(loss.detach()) for name, loss in losses.items()})
            optimiser.zero_grad(set_to_none=True)
            balance(losses).backward()
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), GRADIENT_NORM)
            optimiser.step()
            schedule.step()
            for name, loss in losses.items():
                sums[name] = sums.get(name, 0.0) + float(loss.detach()) / steps
            progress(step + 1, steps, None)
        return sums

    @torch.no_grad()
    def _mean_losses(self, windows: Windows, tables: Tables) -> dict[str, float]:
        """Mean loss a task over the validation windows' events that have the task's label; 0 where none has."""
        self.network.eval()
        sums: dict[str, float] = {}
        counts: dict[str, int] = {}
        generator = torch.Generator().manual_seed(self.config.seed)
        for some in ordered_batches(windows, self.config.batch_size):
            batch = collate(self.corpus, some, self.validate).to(self.device)
            sizes = {NEXT: int(batch.wanted.sum())}
            for head, known in zip(self.network.heads, batch.known, strict=True):
                sizes[head.task.name] = int(known.sum())
            for name, loss in batch_losses(self.network, batch, tables, generator).items():
                sums[name] = sums.get(name, 0.0) + float(loss) * sizes[name]
                counts[name] = counts.get(name, 0) + sizes[name]
        return {name: value / max(counts[name], 1) for name, value in sums.items()}

    def _check_finite(self, losses: dict[str, float]) -> None:
        """Raises JobError where training diverges: no weights after that are worth having."""
        for name, loss in losses.items():
            if not math.isfinite(loss):
                raise JobError(
                    f"training: expected a finite loss, given {loss} in epoch {len(self.figures) + 1} of '{name}'; "
                    "lower training.learning_rate"
                )

    def _objective(self, figures: EpochFigures) -> float:
        """What early stopping watches: the next item's loss plus the heads' by their weights."""
        weights = {head.task.name: head.task.loss_weight for head in self.network.heads}
        return sum(weights.get(name, 1.0) * value for name, value in figures.valid.items())

    def _better(self, figures: EpochFigures, best: "Best | None") -> bool:
        if best is None or not figures.valid:
            return True
        return self._objective(figures) < self._objective(self.figures[best[0]])

    def _finished(self, best: "Best | None") -> bool:
        waited = best is not None and len(self.figures) - 1 - best[0] >= self.config.patience
        return waited or self.clock() > self.until

    def _resume(self, state: Checkpoint) -> "Best | None":
        found = None if self.file is None else self.file.read(state)
        if found is None:
            return None
        best, figures = found
        self.figures = [EpochFigures(**figure) for figure in figures]  # type: ignore[arg-type]
        return best


Best = tuple[int, dict[str, Tensor]]
"""The best epoch and its weights."""


def vars_of(figures: EpochFigures) -> dict[str, object]:
    """An epoch's figures as plain values."""
    return {
        "epoch": figures.epoch,
        "train": figures.train,
        "valid": figures.valid,
        "seconds": figures.seconds,
    }


def detect_device() -> torch.device:
    """CUDA where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")
