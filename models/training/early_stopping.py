"""Early stopping: the figures of each epoch, the best one's weights, and when to stop."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """Mean losses of one epoch for each task; `valid` is empty if nothing is held out for validation."""

    epoch: int
    train: dict[str, float]
    valid: dict[str, float]
    seconds: float


@dataclass(frozen=True, slots=True)
class BestEpoch:
    """The epoch with the lowest objective so far, and its weights."""

    epoch: int
    weights: dict[str, Tensor]


@dataclass(slots=True)
class EarlyStopping:
    """Watches the weighted sum of the validation losses. Without validation the latest epoch is the best one."""

    loss_weights: Mapping[str, float]  # task -> weight, 1 for every other
    patience: int  # epochs without an improvement after which training stops
    epochs: list[EpochFigures] = field(default_factory=list)
    best: BestEpoch | None = None

    @property
    def is_over(self) -> bool:
        """True if `patience` epochs brought no improvement."""
        return self.best is not None and len(self.epochs) - 1 - self.best.epoch >= self.patience

    def add(self, figures: EpochFigures, network: nn.Module) -> None:
        """Takes an epoch's figures; keeps a copy of the network's weights if they are the best so far."""
        self.epochs.append(figures)
        if self._improves(figures):
            weights = {name: value.clone() for name, value in network.state_dict().items()}
            self.best = BestEpoch(figures.epoch, weights)

    def restore(self, network: nn.Module) -> None:
        """Loads the best epoch's weights; leaves the network alone if no epoch has ended."""
        if self.best is not None:
            network.load_state_dict(self.best.weights)

    def _improves(self, figures: EpochFigures) -> bool:
        if self.best is None or not figures.valid:
            return True
        return self._objective(figures) < self._objective(self.epochs[self.best.epoch])

    def _objective(self, figures: EpochFigures) -> float:
        return sum(self.loss_weights.get(name, 1.0) * loss for name, loss in figures.valid.items())
