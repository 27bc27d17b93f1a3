"""Open the privacy account of a run, and describe its loss for the report."""

from typing import TYPE_CHECKING

import numpy as np
import torch

from models.evaluation.report.schema import PrivacyReport
from models.recipe.ingestion import JobData
from models.recipe.time_budget import TimeBudget
from models.training.corpus import PART_TRAIN, without_blank_items

if TYPE_CHECKING:
    from models.training.private_steps import PrivateTraining


def open_privacy(data: JobData, device: torch.device) -> "PrivateTraining | None":
    """Private training with one account for training and refreshes; None for a job without privacy."""
    training = data.job.training
    if training.privacy is None:
        return None
    from models.training.privacy_account import PrivacyAccount
    from models.training.private_steps import PrivateTraining

    corpus = without_blank_items(data.corpus)
    users = len(np.unique(corpus.user_of(np.flatnonzero(corpus.part == PART_TRAIN))))
    refreshes = len(TimeBudget.of(data).refreshes)
    return PrivateTraining(PrivacyAccount.open(training, users, refreshes, device))


def report_privacy(private: "PrivateTraining | None") -> PrivacyReport | None:
    """The loss so far as the report shows it."""
    if private is None:
        return None
    loss = private.account.measure_loss()
    return PrivacyReport(
        epsilon=loss.epsilon,
        epsilon_budget=loss.budget,
        delta=loss.delta,
        noise_multiplier=loss.noise_multiplier,
        max_grad_norm=loss.max_grad_norm,
        sample_rate=loss.sample_rate,
        steps=loss.steps,
    )
