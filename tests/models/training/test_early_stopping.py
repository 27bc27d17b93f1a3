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


def test_next_counts_by_its_lists_and_not_by_its_loss() -> None:
    """-log(0.1) = 2.303 and -log(0.2) = 1.609: with 0.5 x the loss of `like` 3.303, 3.609 and 2.609."""
    stopping, network = EarlyStopping({"like": 0.5}, patience=5), nn.Linear(1, 1)
    figures = [(0.1, 5.0, 2.0), (0.2, 6.0, 4.0), (0.2, 7.0, 2.0), (0.19, 4.0, 2.0)]
    for epoch, (gain, loss, like) in enumerate(figures):
        stopping.add(EpochFigures(epoch, {}, {"next": loss, "like": like}, 1.0, gain), network)
    assert stopping.best is not None and stopping.best.epoch == 2


def test_no_hit_at_all_is_the_worst_list() -> None:
    stopping, network = EarlyStopping({}, patience=5), nn.Linear(1, 1)
    for epoch, gain in enumerate([0.0, 1e-4, 0.0]):
        stopping.add(EpochFigures(epoch, {}, {"next": 5.0 - epoch}, 1.0, gain), network)
    assert stopping.best is not None and stopping.best.epoch == 1


def test_equal_lists_are_told_apart_by_the_losses() -> None:
    """Lists without any hit say nothing yet: training goes on while the loss falls."""
    stopping, network = EarlyStopping({}, patience=2), nn.Linear(1, 1)
    for epoch, loss in enumerate([5.0, 4.0, 3.0, 3.5]):
        assert not stopping.is_over
        stopping.add(EpochFigures(epoch, {}, {"next": loss}, 1.0, 0.0), network)
    assert stopping.best is not None and stopping.best.epoch == 2


def test_without_validation_the_last_epoch_is_the_best() -> None:
    stopping, ended = run([{}] * 5, patience=1)
    assert ended == 5
    assert stopping.best is not None and stopping.best.epoch == 4


def test_before_the_first_epoch_nothing_is_restored() -> None:
    network = nn.Linear(1, 1)
    before = network.weight.clone()
    EarlyStopping({}, patience=1).restore(network)
    assert torch.equal(network.weight, before)
