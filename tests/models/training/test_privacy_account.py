"""The privacy account: its loss against the formula and Opacus, its budget, its randomness and its checkpoint."""

import math

import pytest
import torch

pytest.importorskip("opacus", reason="private training needs the extra `privacy`")

from opacus.accountants import RDPAccountant

from models.job.errors import JobError
from models.job.training_config import PrivacyConfig, TrainingConfig
from models.training.privacy_account import (
    ORDERS,
    TWISTER_OFFSET,
    TWISTER_WORDS,
    PrivacyAccount,
    find_noise_multiplier,
    measure_epsilon,
    open_secret_random,
)

CPU = torch.device("cpu")
CONFIG = TrainingConfig(
    epochs=3, batch_size=25, refresh_epochs=1, privacy=PrivacyConfig(epsilon=4, delta=1e-4)
)


def record(noise: float, rate: float, steps: int) -> RDPAccountant:
    accountant = RDPAccountant()
    accountant.history = [(noise, rate, steps)]
    return accountant


def test_the_loss_of_the_gaussian_mechanism_follows_the_formula():
    """Without sampling, order a has the divergence steps * a / (2 noise^2); Balle et al. 2020 give epsilon."""
    noise, steps, delta = 5.0, 7, 1e-5
    expected = min(
        steps * a / (2 * noise**2) + math.log1p(-1 / a) - (math.log(delta) + math.log(a)) / (a - 1)
        for a in ORDERS
    )
    assert measure_epsilon(record(noise, 1.0, steps), delta) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("noise", "rate", "steps"), [(1.1, 256 / 60_000, 14_100), (2.0, 0.25, 80)])
def test_the_loss_of_sampled_steps_is_that_of_opacus(noise, rate, steps):
    accountant = record(noise, rate, steps)
    expected = accountant.get_epsilon(delta=1e-5)  # of finer orders
    assert expected <= measure_epsilon(accountant, 1e-5) == pytest.approx(expected, rel=0.01)


def test_the_budget_is_for_training_and_all_refreshes():
    account = PrivacyAccount.open(CONFIG, users=100, refreshes=2, device=CPU)
    assert (account.sample_rate, account.steps_per_epoch) == (0.25, 4)
    assert account.measure_loss().epsilon == 0
    for _ in range((3 + 2 * 1) * 4):
        account.record_step()
    loss = account.measure_loss()
    assert loss.steps == 20
    assert 0.98 * 4 < loss.epsilon <= 4
    account.record_step()
    assert account.measure_loss().epsilon > loss.epsilon


def test_less_epsilon_needs_more_noise():
    noise = [find_noise_multiplier(PrivacyConfig(epsilon=epsilon), 0.5, 40) for epsilon in (8, 3, 1)]
    assert noise == sorted(noise)
    assert len(set(noise)) == 3


def test_a_delta_that_allows_to_publish_a_user_is_refused():
    with pytest.raises(JobError) as raised:
        PrivacyAccount.open(CONFIG, users=10_000, refreshes=0, device=CPU)
    assert str(raised.value) == (
        "training.privacy.delta: expected less than 1 / 10,000, the number of users to learn from, given 0.0001"
    )


def test_a_budget_that_no_noise_keeps_is_refused():
    with pytest.raises(
        JobError, match=r"training\.privacy\.epsilon: expected a budget .* 40 steps .* given 0\.001 "
    ):
        find_noise_multiplier(PrivacyConfig(epsilon=0.001), 0.5, 40)


def test_users_are_drawn_independently():
    """Poisson sampling: the number of users varies, and each has the same rate."""
    account = PrivacyAccount.open(CONFIG, users=100, refreshes=0, device=CPU)
    account.random.manual_seed(1)
    draws = [account.draw_users(100) for _ in range(400)]
    assert len({len(users) for users in draws}) > 5
    rates = torch.bincount(torch.cat(draws), minlength=100) / 400
    assert abs(float(rates.mean()) - 0.25) < 0.01
    assert (rates - 0.25).abs().max() < 0.1  # 4.6 standard errors


def test_no_seed_gives_the_randomness():
    """torch's seed of the CPU has 32 bits: the state must not follow from it."""
    first, second = open_secret_random(CPU), open_secret_random(CPU)
    seeded = torch.Generator().manual_seed(first.initial_seed())
    draws = [torch.rand(1000, generator=random) for random in (first, second, seeded)]
    assert len({float(draw[0]) for draw in draws}) == 3
    for draw in draws:
        assert float(draw.mean()) == pytest.approx(0.5, abs=0.05)  # 5 standard errors
    words = first.get_state()[TWISTER_OFFSET : TWISTER_OFFSET + 8 * TWISTER_WORDS].view(torch.int64)
    assert len(set(words.tolist())) > TWISTER_WORDS - 2
    assert 0 <= int(words.min()) < int(words.max()) < 2**32


def test_an_account_is_restored_with_its_loss_and_its_randomness():
    first, second = (PrivacyAccount.open(CONFIG, users=100, refreshes=0, device=CPU) for _ in range(2))
    first.record_step()
    first.draw_seed()
    second.load_state_dict(first.state_dict())
    assert second.measure_loss() == first.measure_loss()
    assert second.draw_seed() == first.draw_seed()
    second.record_step()
    assert (first.measure_loss().steps, second.measure_loss().steps) == (1, 2)
