"""Early stopping by hand: which epoch is the best, and when training stops."""

import pytest
import torch
from torch import nn

from models.training.early_stopping import EarlyStopping, EpochFigures


def run(losses: list[dict[str, float]], patience: int = 2) -> tuple[EarlyStopping, int]:
    """Epoch e ends with all weights e; returns the state and the number of epochs before it stopped."""
    stopping, network = EarlyStopping({"like": 0.5}, patience), nn.Linear(1, 1)
    for epoch, valid in enumerate(losses):
        if stopping.is_over:
            return stopping, epoch
        nn.init.constant_(network.weight, float(epoch))
        stopping.add(EpochFigures(epoch, {}, valid, 1.0), network)
    return stopping, len(losses)


@pytest.mark.parametrize(
    ("losses", "epochs", "best"),
    [
        ([5.0, 4.0, 4.5, 4.6, 0.0], 4, 1),
        ([5.0, 4.0, 4.5, 3.0, 3.5], 5, 3),
        ([5.0, 5.0, 5.0, 0.0], 3, 0),  # equal is not better
    ],
)
def test_the_best_epochs_weights_are_kept(losses: list[float], epochs: int, best: int) -> None:
    stopping, ended = run([{"next": loss} for loss in losses])
    assert ended == epochs
    assert stopping.best is not None and stopping.best.epoch == best
    network = nn.Linear(1, 1)
    stopping.restore(network)
    assert network.weight.item() == best


def test_losses_count_by_their_weights() -> None:
    """3 + 0.5 x 4 = 5.0, then 4 + 0.5 x 1 = 4.5, then 3 + 0.5 x 3.2 = 4.6."""
    stopping, _ = run([{"next": 3.0, "like": 4.0}, {"next": 4.0, "like": 1.0}, {"next": 3.0, "like": 3.2}])
    assert stopping.best is not None and stopping.best.epoch == 1


def test_without_validation_the_last_epoch_is_the_best() -> None:
    stopping, ended = run([{}] * 5, patience=1)
    assert ended == 5
    assert stopping.best is not None and stopping.best.epoch == 4


def test_before_the_first_epoch_nothing_is_restored() -> None:
    network = nn.Linear(1, 1)
    before = network.weight.clone()
    EarlyStopping({}, patience=1).restore(network)
    assert torch.equal(network.weight, before)
