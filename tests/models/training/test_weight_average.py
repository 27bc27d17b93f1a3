"""The moving average of weights by hand."""

import pytest
from torch import nn

from models.training.weight_average import MOST_DECAY, average_weights, decay_after


def test_by_hand():
    """The first step is taken whole; the second keeps 2/11 of it, the third 3/12 of both."""
    network = nn.Linear(1, 1, bias=False)
    average = average_weights(network)
    for weight in (1.0, 3.0, 5.0):
        nn.init.constant_(network.weight, weight)
        average.update_parameters(network)
    second = 2 / 11 * 1 + 9 / 11 * 3
    assert float(average.module.weight.detach()) == pytest.approx(3 / 12 * second + 9 / 12 * 5)
    assert float(network.weight.detach()) == 5


def test_the_average_grows_longer_up_to_a_bound():
    shares = [decay_after(steps) for steps in (0, 1, 10, 100, 1_000)]
    assert shares == sorted(shares) and shares[0] == 0.1
    assert decay_after(10**6) == MOST_DECAY
