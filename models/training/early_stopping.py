"""Early stopping on validation loss: epoch figures, the best weights, and the stopping rule."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class EpochFigures:
    """Mean losses of one epoch by task; `valid` is empty without validation data."""

    epoch: int
    train: dict[str, float]
    valid: dict[str, float]
    seconds: float
    gain: float | None = None  # NDCG@10 of `next` before the validation events; None without such events


@dataclass(frozen=True, slots=True)
class BestEpoch:
    """The epoch with the lowest objective so far, and its weights."""

    epoch: int
    weights: dict[str, Tensor]


@dataclass(slots=True)
class EarlyStopping:
    """Early stopping on the weighted sum of validation losses. Without validation the last epoch is the best."""

    loss_weights: Mapping[str, float]  # task -> weight; 1 for other tasks
    patience: int  # epochs without an improvement after which training stops
    selects: bool = True  # False: validation is measured only, and the last epoch counts as the best
    epochs: list[EpochFigures] = field(default_factory=list)
    best: BestEpoch | None = None

    @property
    def is_over(self) -> bool:
        """True if the last `patience` epochs brought no improvement."""
        return self.best is not None and len(self.epochs) - 1 - self.best.epoch >= self.patience

    def add(self, figures: EpochFigures, network: nn.Module) -> None:
        """Add an epoch's figures; keep a copy of the network's weights if the epoch is the best so far."""
        self.epochs.append(figures)
        if self._improves(figures):
            weights = {name: value.clone() for name, value in network.state_dict().items()}
            self.best = BestEpoch(figures.epoch, weights)

    def restore(self, network: nn.Module) -> None:
        """Load the best epoch's weights; leave the network unchanged if no epoch has ended."""
        if self.best is not None:
            network.load_state_dict(self.best.weights)

    def _improves(self, figures: EpochFigures) -> bool:
        if self.best is None or not figures.valid or not self.selects:
            return True
        return self._objective(figures) < self._objective(self.epochs[self.best.epoch])

    def _objective(self, figures: EpochFigures) -> float:
        return sum(self.loss_weights.get(name, 1.0) * loss for name, loss in figures.valid.items())
