"""Muon: orthogonal momentum, equal to torch's own but for its precision, beside an AdamW that is torch's."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon

from models.training.muon import MuonAdamW, orthogonalise

GENERATOR_SEED = 3


def draw(*shape: int, seed: int = GENERATOR_SEED) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def draw_steps(shape: tuple[int, int], count: int = 5) -> Iterator[Tensor]:
    """A gradient of each step."""
    return (draw(*shape, seed=number) for number in range(count))


@pytest.mark.parametrize("shape", [(4, 4), (8, 32), (32, 8), (1, 5)])
def test_the_singular_vectors_stay_and_the_values_are_near_one(shape):
    matrix = draw(*shape)
    found = orthogonalise(matrix)
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.65
    assert values.max() < 1.25
    left, _, right = torch.linalg.svd(matrix, full_matrices=False)
    aligned = left.T @ found @ right.T  # the singular vectors of the given matrix make it diagonal
    assert torch.allclose(aligned, torch.diag(torch.diagonal(aligned)), atol=1e-4)


def test_one_number_goes_through_five_iterations_by_hand():
    """x -> 3.4445 x - 4.775 x^3 + 2.0315 x^5 from 1: 0.701, 1.1136, 0.7207, 1.0900, 0.6964."""
    assert orthogonalise(torch.tensor([[7.0]])).item() == pytest.approx(0.6964, abs=1e-3)
    assert orthogonalise(torch.tensor([[-0.01]])).item() == pytest.approx(-0.6964, abs=1e-3)


def test_a_matrix_of_zeros_stays_zero():
    assert not orthogonalise(torch.zeros(3, 2)).any()


@pytest.mark.parametrize("shape", [(8, 4), (4, 8), (6, 6)])
def test_five_steps_are_those_of_torch_but_for_its_bfloat16(shape):
    ours, theirs = (nn.Parameter(draw(*shape)) for _ in range(2))
    group = {"params": [ours], "lr": 0.1, "weight_decay": 0.2, "orthogonal": True}
    optimiser, reference = MuonAdamW([group]), Muon([theirs], lr=0.1, weight_decay=0.2)
    for gradient in draw_steps(shape):
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        optimiser.step()
        reference.step()
    assert torch.allclose(ours, theirs, atol=0.02)
    assert not torch.allclose(ours, draw(*shape), atol=0.1)


def test_all_other_weights_are_updated_by_adamw():
    ours, theirs = (nn.Parameter(draw(4, 3)) for _ in range(2))
    matrix = nn.Parameter(draw(3, 3))
    groups = [
        {"params": [matrix], "lr": 0.1, "orthogonal": True},
        {"params": [ours], "weight_decay": 0.3, "orthogonal": False},
    ]
    optimiser, reference = MuonAdamW(groups, lr=0.01), AdamW([theirs], lr=0.01, weight_decay=0.3)
    for gradient in draw_steps((4, 3)):
        ours.grad, theirs.grad, matrix.grad = gradient.clone(), gradient.clone(), gradient[:3].clone()
        optimiser.step()
        reference.step()
    assert torch.equal(ours, theirs)
    assert optimiser.state[matrix].keys() == {"step", "momentum"}  # AdamW has no part in it


def test_the_size_of_the_gradient_does_not_matter():
    steps = []
    for scale in (1e-3, 1e3):
        weight = nn.Parameter(torch.zeros(3, 4))
        weight.grad = scale * draw(3, 4)
        MuonAdamW([{"params": [weight], "orthogonal": True}], lr=0.1, weight_decay=0.0).step()
        steps.append(weight.detach())
    assert torch.allclose(steps[0], steps[1], atol=1e-4)


def test_a_weight_without_a_gradient_stays():
    weight = nn.Parameter(draw(3, 4))
    MuonAdamW([{"params": [weight], "orthogonal": True}], lr=0.1).step()
    assert torch.equal(weight, draw(3, 4))


def test_a_closure_is_refused():
    optimiser = MuonAdamW([{"params": [nn.Parameter(draw(3, 4))], "orthogonal": True}], lr=0.1)
    with pytest.raises(ValueError, match="without a closure"):
        optimiser.step(lambda: 0.0)


def test_a_loaded_state_goes_on_as_if_it_had_not_been_stored():
    weights = []
    for stores in (False, True):
        weight = nn.Parameter(draw(4, 3))
        optimiser = MuonAdamW([{"params": [weight], "orthogonal": True}], lr=0.1)
        for number, gradient in enumerate(draw_steps((4, 3))):
            if stores and number == 2:
                loaded = MuonAdamW([{"params": [weight], "orthogonal": True}], lr=0.5)
                loaded.load_state_dict(optimiser.state_dict())
                optimiser = loaded
            weight.grad = gradient
            optimiser.step()
        weights.append(weight.detach())
    assert torch.equal(weights[0], weights[1])
