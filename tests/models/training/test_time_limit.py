"""The time limit: training stops within it, and the learning rate falls within the epochs that it leaves."""

import pytest
import torch

from models.job.training_config import Balancing, TrainingConfig
from models.training.corpus import PART_TRAIN, PART_VALID
from models.training.early_stopping import EpochFigures
from models.training.loop import Trainer
from models.training.steps import start_batch_steps

CPU = torch.device("cpu")
TRAIN, VALID = frozenset({PART_TRAIN}), frozenset({PART_VALID})
CONFIG = TrainingConfig(epochs=4, batch_size=16, learning_rate=0.01, balancing=Balancing.UNCERTAINTY)


def ignore(_done: int, _steps: int, _figures: EpochFigures | None) -> None:
    pass


def test_time_is_up(shop_data, make_network):
    def train(**changes) -> Trainer:
        config = CONFIG.model_copy(update=changes)
        trainer = Trainer(make_network(), shop_data.corpus, config, CPU, TRAIN, VALID)
        trainer.fit(ignore)
        return trainer

    trainer = train(max_minutes=1e-9)
    assert (trainer.figures, trainer.was_cut) == ([], True)
    assert not train(epochs=1).was_cut


@pytest.mark.parametrize(("reserve", "epochs"), [(0.0, 6), (20.0, 4), (25.0, 3), (100.0, 1)])
def test_training_keeps_time_for_later(shop_data, make_network, reserve, epochs):
    """A minute, and epochs of 10 s: no epoch begins that would end after the minute less the reserve."""
    now = 0.0

    def progress(_done: int, _steps: int, figures: EpochFigures | None) -> None:
        nonlocal now
        now += 10.0 if figures is None and _done == _steps else 0.0

    config = CONFIG.model_copy(update={"max_minutes": 1.0, "epochs": 9, "patience": 9})
    trainer = Trainer(
        make_network(),
        shop_data.corpus,
        config,
        CPU,
        TRAIN,
        VALID,
        clock=lambda: now,
        reserve=lambda seconds: reserve if seconds else 0.0,
    )
    assert [epoch.seconds for epoch in trainer.fit(progress)] == [10.0] * epochs
    assert trainer.was_cut


@pytest.mark.parametrize(("seconds", "epochs"), [(10.0, 6), (1.0, 12)])
def test_the_learning_rate_falls_within_the_time_limit(shop_data, make_network, seconds, epochs):
    """Six epochs of 10 s fit into a minute, and the rate falls within them; of 1 s all twelve fit."""
    now, rates = 0.0, []

    def start(lesson, balance, config):
        steps = start_batch_steps(lesson, balance, config)
        optimisers.append(steps.state.optimiser)
        return steps

    def progress(done: int, steps: int, figures: EpochFigures | None) -> None:
        nonlocal now
        if figures is None and done == steps:
            now += seconds
            shares = {round(group["lr"] / group["initial_lr"], 9) for group in optimisers[0].param_groups}
            rates.append(*shares)  # the same of every group

    optimisers: list[torch.optim.Optimizer] = []
    config = CONFIG.model_copy(update={"max_minutes": 1.0, "epochs": 12, "patience": 12})
    arguments = make_network(), shop_data.corpus, config, CPU, TRAIN, VALID
    Trainer(*arguments, start=start, clock=lambda: now).fit(progress)
    assert len(rates) == epochs
    assert rates[-1] == pytest.approx(0.1) and min(rates[:-1]) > 0.1


def test_time_is_up_within_an_epoch(shop_data, make_network):
    """The second epoch is broken off after two steps, and the weights kept of the first one stand."""
    network, now = make_network(), 0.0
    steps: list[int] = []
    first: dict[str, torch.Tensor] = {}

    def progress(done: int, _steps: int, figures: EpochFigures | None) -> None:
        nonlocal now
        if figures is not None:
            assert trainer.stopping.best is not None
            first.update(trainer.stopping.best.weights)
        elif first:
            steps.append(done)
            now = 61.0 if done == 2 else now

    config = CONFIG.model_copy(update={"max_minutes": 1.0})
    trainer = Trainer(network, shop_data.corpus, config, CPU, TRAIN, VALID, clock=lambda: now)
    assert len(trainer.fit(progress)) == 1
    assert steps == [1, 2]
    for name, value in network.state_dict().items():
        assert torch.equal(value, first[name])
