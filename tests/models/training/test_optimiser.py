"""Which weights decay, and the learning rate over the steps."""

import pytest
import torch
from torch.optim.lr_scheduler import LambdaLR

from models.job.training_config import Balancing, PrivacyConfig, TrainingConfig
from models.training.objective import Balance
from models.training.optimiser import (
    RateSchedule,
    StepPlan,
    build_optimiser,
    matrix_rate,
    parameter_groups,
    plan_schedule,
    rate_factor,
)


def test_weight_decay_leaves_embeddings_biases_and_norms_alone(make_network):
    network = make_network()
    decayed, others = parameter_groups(network, Balance({"next": 1.0}, Balancing.UNCERTAINTY), 0.07)
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.07, 0.0)
    name_of = {id(value): name for name, value in network.named_parameters()}
    names = {name_of[id(value)] for value in decayed["params"]}
    assert {"items.content.weight", "items.bias.weight", "users.blocks.0.out.weight"} <= names
    tables = {"items.ids.weight", "items.id_bias.weight", "items.tokens.weight", "users.actions.weight"}
    assert not names & (tables | {"users.tokens.weight", "scorer.context.weight", "users.after.weight"})
    assert len(decayed["params"]) + len(others["params"]) == len(name_of) + 1


def test_muon_updates_the_matrices_of_the_blocks_at_ten_times_the_rate(make_network):
    network, balance = make_network(), Balance({"next": 1.0}, Balancing.UNCERTAINTY)
    config = TrainingConfig(learning_rate=0.004, weight_decay=0.07)
    optimiser, schedule = build_optimiser(network, balance, config, StepPlan(100, events=3_200, warm_up=1))
    name_of = {id(value): name for name, value in network.named_parameters()}
    matrices = [group for group in optimiser.param_groups if group["orthogonal"]]
    assert [group["weight_decay"] for group in matrices] == [0.07]
    assert schedule.get_last_lr() == pytest.approx([0.04, 0.004, 0.004])
    assert {name_of[id(weight)] for weight in matrices[0]["params"]} == {
        name
        for name, weight in network.named_parameters()
        if name.startswith("users.blocks.") and weight.ndim == 2
    }
    updated = [id(weight) for group in optimiser.param_groups for weight in group["params"]]
    assert len(set(updated)) == len(updated) == len(name_of) + 1


@pytest.mark.parametrize(("events", "rate"), [(3_200, 0.02), (2_048, 0.016), (100_000, 0.02)])
def test_a_step_of_few_events_has_a_lower_rate_of_muon(events, rate):
    """10 x 0.002, times the root of the events' share of 3,200."""
    assert matrix_rate(0.002, events) == pytest.approx(rate)


@pytest.mark.parametrize(("events", "groups"), [(1_600, 3), (1_599, 2)])
def test_small_steps_have_adamw_alone(make_network, events, groups):
    network, balance = make_network(), Balance({"next": 1.0}, Balancing.FIXED)
    optimiser, _ = build_optimiser(network, balance, TrainingConfig(), StepPlan(100, events))
    assert len(optimiser.param_groups) == groups
    assert any(group["orthogonal"] for group in optimiser.param_groups) == (groups == 3)


def test_private_training_has_adamw_alone(make_network):
    network, balance = make_network(), Balance({"next": 1.0}, Balancing.FIXED)
    config = TrainingConfig(privacy=PrivacyConfig(epsilon=8))
    optimiser, _ = build_optimiser(network, balance, config, StepPlan(100, events=6_400))
    assert not any(group["orthogonal"] for group in optimiser.param_groups)


@pytest.mark.parametrize(
    ("step", "factor"),
    [(0, 0.02), (24, 0.5), (500, 0.55), (1000, 0.1), (2000, 0.1), (250, 0.55 + 0.45 * 2**-0.5)],
)
def test_the_rate_warms_up_and_falls_to_a_tenth(step, factor):
    """50 steps of warm-up; half way down the cosine the mean of 1 and 0.1."""
    assert rate_factor(step, 1000) == pytest.approx(factor)


def test_a_run_without_steps_has_a_rate():
    assert rate_factor(0, 0) == pytest.approx(0.02)


def test_a_run_without_warm_up_starts_at_the_whole_rate():
    """The first of four steps of a cosine from 1 to 0.1, then half way."""
    assert [rate_factor(step, 4, warm_up=1) for step in (0, 2, 4)] == pytest.approx([1.0, 0.55, 0.1])


def schedule(steps: int) -> LambdaLR:
    """A schedule without a warm-up of an optimiser with one weight and the rate 1."""
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    return LambdaLR(optimiser, RateSchedule(steps, warm_up=1))


def step_rates(planned: LambdaLR, steps: int) -> list[float]:
    """The learning rates of the next steps."""
    rates = []
    for _ in range(steps):
        planned.optimizer.step()
        planned.step()
        rates.append(float(planned.get_last_lr()[0]))
    return rates


def test_the_rate_falls_within_the_planned_share_of_the_steps():
    planned = schedule(8)
    plan_schedule(planned, 0.5)
    assert step_rates(planned, 5) == pytest.approx(step_rates(schedule(4), 5))


def test_a_plan_is_part_of_the_state():
    planned, resumed = schedule(8), schedule(8)
    plan_schedule(planned, 0.5)
    resumed.load_state_dict(planned.state_dict())
    assert step_rates(resumed, 3) == pytest.approx(step_rates(schedule(4), 3))


@pytest.mark.parametrize("share", [0.0, -1.0, 1.5])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(ValueError, match="above 0 and at most 1"):
        plan_schedule(schedule(8), share)
