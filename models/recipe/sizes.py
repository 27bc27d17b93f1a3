"""The sizes of the network and the settings of its training that a job leaves open, chosen from the data.

The rules are the outcome of small experiments (docs/quality.md). What the job states stays as it is.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Indices, Indices32
from models.data.interactions import Interactions
from models.job.spec import JobSpec

HISTORY_LENGTHS = (50, 100, 200)
COVERED = 0.75
"""The share of events whose user's earlier events shall all be read."""
LARGE_LOG = 300_000
"""Events from which on a wide network is better on held-out events."""
MOST_LOGITS = 1e10
"""Events times items from which on an epoch of a wide network takes too long on a processor."""
MOST_REPEATS = 0.1
"""The share of events with an item that the user had before, up to which `next` is learned among the other items."""
LEAST_EARLIER = 20
"""Earlier events of the user, at an event on average, from which on that is better on held-out events."""
WIDE_NETWORK = {"dim": 128, "attention_heads": 4}
WIDE_TRAINING = {"epochs": 12, "learning_rate": 3e-3}
WIDE_STEP_EVENTS = 3_200
"""The events of a step of a wide network, whatever the length of the histories."""


class HadItems(NamedTuple):
    """The share of events that repeat an item, and the mean number of a user's events before an event."""

    repeated: float
    earlier: float


@dataclass(frozen=True, slots=True)
class ChosenSizes:
    """A job whose sizes are all stated, and what was chosen."""

    job: JobSpec
    network: dict[str, int | float]  # key of `network` -> chosen value
    training: dict[str, int | float | bool]  # key of `training` -> chosen value
    reason: str

    def describe(self) -> str:
        """One line for the console; empty if nothing was chosen."""
        chosen = {"network": self.network, "training": self.training}
        parts = [
            f"{section}.{key} {_format(value)}"
            for section, keys in chosen.items()
            for key, value in keys.items()
        ]
        return f"chosen from the data ({self.reason}): {', '.join(parts)}" if parts else ""


def _format(value: float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def choose_job_sizes(job: JobSpec, users: Indices | Indices32, item_count: int, had: HadItems) -> ChosenSizes:
    """Choose the sizes for training events of the users `users` [n], one entry an event.

    With private training nothing is chosen, since a choice from the data would reveal something of them.
    """
    if job.training.privacy is not None:
        return ChosenSizes(job, {}, {}, "")
    counts, events = np.bincount(users), len(users)
    counts = counts[counts > 0]
    network: dict[str, int | float] = {"history_length": choose_history_length(counts)}
    training: dict[str, int | float | bool] = {
        "hide_seen": had.repeated <= MOST_REPEATS and had.earlier >= LEAST_EARLIER
    }
    states_length = "history_length" in job.network.model_fields_set
    states_width = {"dim", "attention_heads"} & job.network.model_fields_set
    if events >= LARGE_LOG and float(events) * item_count <= MOST_LOGITS and not states_width:
        length = job.network.history_length if states_length else network["history_length"]
        batch_size = WIDE_STEP_EVENTS // int(length)
        network, training = network | WIDE_NETWORK, training | WIDE_TRAINING | {"batch_size": batch_size}
    network = {key: value for key, value in network.items() if key not in job.network.model_fields_set}
    training = {key: value for key, value in training.items() if key not in job.training.model_fields_set}
    sized = job.model_copy(
        update={
            "network": job.network.model_validate(job.network.model_dump() | network),
            "training": job.training.model_copy(update=training),
        }
    )
    reason = (
        f"{events:,} training events, {item_count:,} items, {np.median(counts):g} events a user, "
        f"{had.repeated:.1%} repetitions"
    )
    return ChosenSizes(sized, network, training, reason)


def choose_history_length(counts: Indices) -> int:
    """The least of HISTORY_LENGTHS that holds all earlier events of COVERED of the events, from users' counts [U]."""
    events = max(int(counts.sum()), 1)
    for length in HISTORY_LENGTHS:
        if np.minimum(counts, length + 1).sum() >= COVERED * events:
            return length
    return HISTORY_LENGTHS[-1]


def measure_had_items(log: Interactions, rows: Indices) -> HadItems:
    """Measure what users had before the events at `rows` of a log, of these events alone and but for exposures."""
    rows = rows[~log.is_exposure(rows)]
    if not len(rows):
        return HadItems(0.0, 0.0)
    counts = np.bincount(log.users[rows]).astype(np.float64)
    items = log.items[rows].astype(np.int64)
    pairs = np.unique(log.users[rows] * (items.max() + 1) + items)
    return HadItems(1 - len(pairs) / len(rows), float((counts * (counts - 1) / 2).sum() / len(rows)))
