"""Private steps: a user's gradient is clipped, depends on no other user, and gets noise; other weights keep none."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

pytest.importorskip("opacus", reason="private training needs the extra `privacy`")

from opacus.accountants import RDPAccountant

from models.contract.vocabulary import OOV
from models.job.training_config import PrivacyConfig, TrainingConfig
from models.training.batches import cut_windows
from models.training.checkpoint import CheckpointFile
from models.training.corpus import PART_TRAIN, PART_VALID
from models.training.loop import Trainer
from models.training.objective import Balance
from models.training.privacy_account import PrivacyAccount
from models.training.private_optimiser import PrivateOptimiser
from models.training.private_steps import (
    MAX_USER_WINDOWS,
    PrivateSteps,
    PrivateTraining,
    group_by_user,
    split_by_user,
)
from models.training.steps import Lesson

CPU = torch.device("cpu")
TRAIN, VALID = frozenset({PART_TRAIN}), frozenset({PART_VALID})
CONFIG = TrainingConfig(
    epochs=3,
    batch_size=20,
    learning_rate=0.01,
    privacy=PrivacyConfig(epsilon=8, delta=1e-3, max_grad_norm=0.5),
)


def make_account(noise: float = 1.0, rate: float = 0.5, norm: float = 1.0) -> PrivacyAccount:
    privacy = PrivacyConfig(epsilon=8, delta=1e-3, max_grad_norm=norm)
    return PrivacyAccount(privacy, rate, noise, RDPAccountant(), torch.Generator().manual_seed(3))


def make_optimiser(account: PrivacyAccount) -> tuple[nn.Linear, PrivateOptimiser]:
    """A layer of zeros with two weights and a bias, trained by SGD at rate 1 on a log of eight users."""
    layer = nn.Linear(2, 1)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer, PrivateOptimiser.wrap(torch.optim.SGD(layer.parameters(), lr=1.0), account, users=8)


def gradient(first: float, second: float, bias: float | None) -> list[torch.Tensor | None]:
    return [torch.tensor([[first, second]]).float(), None if bias is None else torch.tensor([bias]).float()]


def test_each_gradient_is_clipped_over_all_weights_then_they_are_summed():
    """Norms 3, 5 and 0.3 with the limit 1.5: the first is halved, the second times 0.3, the third whole.

    The sum (0.5, 1 + 1.2 + 0.3, 1 + 0.9) is divided by the four users expected at rate 0.5, not by three.
    """
    layer, optimiser = make_optimiser(make_account(noise=0.0, norm=1.5))
    optimiser.add_users([gradient(1, 2, 2), gradient(0, 4, 3)])
    optimiser.add_users([gradient(0, 0.3, None)])
    assert layer.weight.tolist() == [[0.0, 0.0]]  # nothing is learned before the step
    optimiser.step()
    assert layer.weight.tolist()[0] == pytest.approx([-0.5 / 4, -2.5 / 4], rel=1e-5)
    assert layer.bias.item() == pytest.approx(-1.9 / 4, rel=1e-5)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_no_user_moves_the_sum_by_more_than_the_norm(size):
    layer, optimiser = make_optimiser(make_account(noise=0.0, norm=0.5))
    optimiser.add_users([gradient(size, -size, size)])
    optimiser.step()
    moved = 4 * torch.cat([layer.weight.flatten(), layer.bias])  # times the expected users: the sum
    assert float(moved.detach().norm()) <= 0.5 + 1e-6


def test_noise_has_the_multiple_of_the_norm_as_deviation():
    account = make_account(noise=3.0, norm=0.5)
    layer, optimiser = make_optimiser(account)
    moves = []
    for _ in range(700):
        before = layer.weight.detach().clone()
        optimiser.step()  # without any user
        moves.append((layer.weight - before).flatten())
    assert float(4 * torch.cat(moves).detach().std()) == pytest.approx(
        3.0 * 0.5, rel=0.1
    )  # 5 standard errors
    assert account.measure_loss().steps == 700


def test_a_step_forgets_the_gradients_of_the_one_before():
    layer, optimiser = make_optimiser(make_account(noise=0.0))
    optimiser.add_users([gradient(0.4, 0, 0)])
    optimiser.step()
    optimiser.step()
    assert layer.weight.tolist()[0] == pytest.approx([-0.1, 0])


@pytest.fixture
def make_steps(shop_data, make_network):
    """Private steps over a corpus: the shop's, or a changed one."""

    def made(corpus=shop_data.corpus, account=None) -> PrivateSteps:
        trainer = Trainer(make_network(dropout=0.0, id_dropout=0.0), corpus, CONFIG, CPU, TRAIN, VALID)
        windows = cut_windows(trainer.corpus, TRAIN, 20)
        lesson = Lesson(trainer.network, trainer.corpus, windows, TRAIN, trainer.build_tables())
        weights = {"next": 1.0} | {head.task.name: 1.0 for head in trainer.network.heads}
        training = PrivateTraining(account or make_account())
        return training.start(lesson, Balance(weights, CONFIG.balancing), CONFIG)

    return made


def flat_gradients(steps: PrivateSteps) -> dict[int, torch.Tensor]:
    """User row -> the gradient of the user's windows before clipping, as one vector."""
    found = {}
    for windows in split_by_user(steps.lesson.windows):
        _, parts = steps.differentiate(windows, torch.Generator())
        weights = steps.optimiser.weights
        whole = [
            torch.zeros_like(w) if part is None else part for w, part in zip(weights, parts, strict=True)
        ]
        found[int(windows.users[0])] = torch.cat([part.flatten() for part in whole])
    return found


def test_a_gradient_depends_on_no_other_user(shop_data, make_steps):
    """Other events of user 3, and other item statistics, change the gradient of user 3 alone."""
    corpus = shop_data.corpus
    items, rows = corpus.items.copy(), slice(int(corpus.offsets[3]), int(corpus.offsets[4]))
    items[rows] = (items[rows] + 37) % len(corpus.catalogue.ids)
    other = replace(
        corpus, items=items, statistics=np.random.default_rng(0).random(corpus.statistics.shape, np.float32)
    )
    before, after = flat_gradients(make_steps()), flat_gradients(make_steps(other))
    assert before.keys() == after.keys()
    assert [user for user in before if not torch.equal(before[user], after[user])] == [3]
    assert len(before) > 50


def test_a_user_without_events_leaves_the_others_gradients(shop_data, make_steps):
    corpus = shop_data.corpus
    part = corpus.part.copy()
    part[corpus.offsets[3] : corpus.offsets[4]] = PART_VALID
    before, after = flat_gradients(make_steps()), flat_gradients(make_steps(replace(corpus, part=part)))
    assert before.keys() - after.keys() == {3}
    assert all(torch.equal(before[user], gradient) for user, gradient in after.items())


def test_a_user_is_once_in_a_step_with_the_newest_windows(make_steps):
    steps = make_steps(account=make_account(rate=0.3))
    batches = steps.draw_batches(np.random.default_rng(0))
    assert len(batches) == 3
    everyone = {int(windows.users[0]): windows for windows in split_by_user(steps.lesson.windows)}
    for batch in batches:
        users = [int(windows.users[0]) for windows in split_by_user(batch)]
        assert users == sorted(set(users))
        for windows in split_by_user(batch):
            assert windows.start.tolist() == everyone[int(windows.users[0])].start.tolist()


def test_a_long_history_counts_with_its_newest_windows(make_steps):
    windows = make_steps().lesson.windows
    one = windows.take(np.zeros(MAX_USER_WINDOWS + 3, dtype=np.int64))
    assert [rows.tolist() for rows in group_by_user(one)] == [list(range(3, MAX_USER_WINDOWS + 3))]
    assert group_by_user(windows.take(np.zeros(0, dtype=np.int64))) == []


def test_a_step_without_users_moves_the_weights_by_noise(make_steps):
    steps = make_steps()
    before = steps.lesson.network.users.start.detach().clone()
    assert steps.take(steps.lesson.windows.take(np.zeros(0, dtype=np.int64)), torch.Generator()) == {}
    assert not torch.equal(before, steps.lesson.network.users.start)
    assert steps.optimiser.account.measure_loss().steps == 1


@pytest.fixture
def train(shop_data, make_network):
    """Train a fresh network privately; returns it and the account."""

    def run(file=None, progress=lambda *_: None, seed=0, **changes):
        network = make_network(seed)
        config = CONFIG.model_copy(update=changes)
        account = make_account(rate=0.5)
        start = PrivateTraining(account).start
        trainer = Trainer(network, shop_data.corpus, config, CPU, TRAIN, VALID, file, start)
        trainer.fit(progress)
        return network, account, trainer

    return run


def test_the_item_tower_stays_public_and_unread_weights_stay_zero(train, make_network):
    network, account, trainer = train()
    fresh = make_network(0)
    for name, weight in network.items.state_dict().items():
        expected = torch.zeros_like(weight) if name == "ids.weight" else fresh.items.state_dict()[name]
        assert torch.equal(weight, expected), name
    for table in (network.users.actions, network.users.tokens, network.scorer.context):
        assert not table.weight[: OOV + 1].any()
        assert table.weight[OOV + 1 :].any()
    columns = list(network.scorer.statistics_weights())
    assert len(columns) == 2 + 2 * 3  # two shared experts, and an expert and a gate of each head of pairs
    assert not any(weights.any() for weights in columns)
    assert account.measure_loss().steps == 3 * 2
    assert len(trainer.figures) == 3


def test_validation_chooses_no_weights(train):
    """The last epoch counts, whatever its validation loss: a diverging rate makes it worse."""
    _, _, trainer = train(epochs=4, learning_rate=0.5, patience=1)
    assert len(trainer.figures) == 4
    assert trainer.stopping.best.epoch == 3


class StoppedError(Exception):
    """The run is ended from outside."""


def test_a_resumed_run_keeps_the_account_and_gives_the_same_weights(train, tmp_path):
    def stop(done, _steps, figures):
        if figures is None and done == 1 and path.is_file():
            raise StoppedError

    path = tmp_path / "checkpoint.pt"
    file = CheckpointFile(path, "this run", pytest.fail)
    whole, _, _ = train()
    with pytest.raises(StoppedError):
        train(file, stop)
    resumed, account, _ = train(file, seed=5)
    assert account.measure_loss().steps == 3 * 2
    assert all(
        torch.equal(one, other)
        for one, other in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    )


def test_a_checkpoint_without_privacy_is_not_resumed_privately(train, shop_data, make_network, tmp_path):
    told = []
    file = CheckpointFile(tmp_path / "checkpoint.pt", "this run", told.append)
    config = CONFIG.model_copy(update={"privacy": None, "epochs": 1})
    Trainer(make_network(), shop_data.corpus, config, CPU, TRAIN, VALID, file).fit(lambda *_: None)
    _, account, _ = train(file)
    assert account.measure_loss().steps == 3 * 2
    assert len(told) == 1


def test_a_job_with_privacy_is_never_trained_without(shop_data, make_network):
    with pytest.raises(ValueError, match=r"expected private steps for a job with training\.privacy"):
        Trainer(make_network(), shop_data.corpus, CONFIG, CPU, TRAIN, VALID).fit(lambda *_: None)
