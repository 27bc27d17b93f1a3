"""Steps on new events, mixed with a sample of older ones that a further training must not forget.

Source: experience replay (Ratcliff 1990; Rolnick et al. 2019, "Experience replay for continual learning").
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from models.contract.arrays import Indices
from models.job.training_config import TrainingConfig
from models.training.batches import Windows, cut_windows, shuffled_batches
from models.training.checkpoint import TrainingState
from models.training.corpus import PART_TRAIN, Corpus
from models.training.objective import Balance
from models.training.optimiser import StepPlan, build_optimiser
from models.training.steps import BatchSteps, Lesson, StartSteps, count_batch_events
from models.training.weight_average import average_weights

LEAST_STEPS = 16
"""Approximate minimum of steps in a pass. Every step reads the whole catalogue, so that few large ones are faster."""
WARM_UP = 10
"""The share of the steps in which the learning rate rises is 1 / WARM_UP: an update has few steps."""
PART_NEW = 8
"""The part of the corpus that an update learns from."""


def mark_new(corpus: Corpus, rows: Indices) -> Corpus:
    """The corpus with the events at `rows` [m] of the log as PART_NEW; the other parts stay."""
    is_new = np.zeros(len(corpus.log), dtype=np.bool_)
    is_new[rows] = True
    part = np.where(is_new[corpus.log_rows], PART_NEW, corpus.part).astype(np.int8)
    return replace(corpus, part=part)


@dataclass(frozen=True, slots=True)
class ReplaySteps:
    """Steps on all new windows and, in each epoch, on other old ones."""

    steps: BatchSteps
    old: Windows
    sampled: int  # old windows in an epoch

    @property
    def state(self) -> TrainingState:
        """The state that the steps update."""
        return self.steps.state

    def draw_batches(self, random: np.random.Generator) -> list[Windows]:
        """All new windows and a sample of the old ones, once each."""
        windows = mix_windows(self.steps.lesson.windows, self.old, self.sampled, random)
        return shuffled_batches(windows, self.steps.batch_events, random)

    def take(self, windows: Windows, random: torch.Generator) -> dict[str, float]:
        """Make one optimiser step on the mean loss of the batch."""
        return self.steps.take(windows, random)


def start_replay(share: float) -> StartSteps:
    """The steps of an update: for each new event about `share` old ones, of PART_TRAIN."""

    def start(lesson: Lesson, balance: Balance, config: TrainingConfig) -> ReplaySteps:
        network, length = lesson.network, lesson.network.config.history_length
        old = cut_windows(lesson.corpus, frozenset({PART_TRAIN}), length)
        sampled = count_sampled(lesson.windows, old, share)
        lesson = replace(lesson, parts=lesson.parts | {PART_TRAIN})
        windows = mix_windows(lesson.windows, old, sampled, np.random.default_rng(config.seed))
        events = count_batch_events(windows, config.batch_size, length, LEAST_STEPS)
        batches = shuffled_batches(windows, events, np.random.default_rng(config.seed))
        steps = len(batches) * config.epochs
        plan = StepPlan(steps, events, warm_up=max(steps // WARM_UP, 1))
        optimiser, schedule = build_optimiser(network, balance, config, plan)
        state = TrainingState(network, balance, optimiser, schedule, average_weights(network))
        return ReplaySteps(BatchSteps(lesson, state, events), old, sampled)

    return start


def count_sampled(new: Windows, old: Windows, share: float) -> int:
    """The old windows that predict about `share` times the events of the new ones."""
    if not len(old):
        return 0
    mean = float((old.stop - old.first).mean())
    wanted = share * float((new.stop - new.first).sum())
    return min(round(wanted / mean), len(old))


def mix_windows(new: Windows, old: Windows, sampled: int, random: np.random.Generator) -> Windows:
    """The new windows, and `sampled` of the old ones at random."""
    some = old.take(np.sort(random.choice(len(old), sampled, replace=False))) if sampled else None
    if some is None:
        return new
    return Windows(
        users=np.concatenate([new.users, some.users]),
        start=np.concatenate([new.start, some.start]),
        first=np.concatenate([new.first, some.first]),
        stop=np.concatenate([new.stop, some.stop]),
    )
