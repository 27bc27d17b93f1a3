"""Dropout: which share is hidden, how the rest grows, and that a seed repeats it."""

import pytest
import torch

from models.network.dropout import Dropout, draw_mask, dropout


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("rate", [0.2, 0.5, 0.9])
def test_the_mean_stays(kind, rate):
    torch.manual_seed(0)
    mask = draw_mask(torch.Size((400, 501)), rate, kind)
    assert mask.dtype == kind and len(mask.unique()) == 2
    assert float((mask == 0).double().mean()) == pytest.approx(rate, abs=0.005)
    assert float(mask.double().mean()) == pytest.approx(1, abs=0.02)


def test_masks_repeat_with_the_seed_and_differ_without():
    x = torch.ones(50, 50)
    torch.manual_seed(3)
    first, second = dropout(x, 0.3, True), dropout(x, 0.3, True)
    torch.manual_seed(3)
    assert torch.equal(dropout(x, 0.3, True), first)
    assert not torch.equal(first, second)


def test_the_gradient_passes_where_the_value_does():
    x = torch.full((30, 30), 2.0, requires_grad=True)
    y = dropout(x, 0.4, True)
    y.sum().backward()
    torch.testing.assert_close(x.grad, y.detach() / 2)


def test_no_change_outside_training_or_at_rate_zero():
    x = torch.ones(3)
    assert dropout(x, 0.5, False) is x
    assert dropout(x, 0.0, True) is x
    layer = Dropout(0.5)
    assert layer.eval()(x) is x
    assert layer.train()(torch.ones(1000)).unique().tolist() == [0, 2]
