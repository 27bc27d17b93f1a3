"""The sizes of the network and of its training that a job leaves open, chosen from the data.

The rules are the outcome of small experiments (docs/quality.md). What the job states stays as it is.
"""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Indices, Indices32
from models.job.spec import JobSpec

HISTORY_LENGTHS = (50, 100, 200)
COVERED = 0.75
"""The share of events whose user's earlier events shall all be read."""
LARGE_LOG = 300_000
"""Events from which on a wide network is better on held-out events."""
MOST_LOGITS = 1e10
"""Events times items from which on an epoch of a wide network takes too long on a processor."""
WIDE_NETWORK = {"dim": 128, "attention_heads": 4}
WIDE_TRAINING = {"epochs": 12, "learning_rate": 3e-3, "batch_size": 16}


@dataclass(frozen=True, slots=True)
class ChosenSizes:
    """A job whose sizes are all stated, and what was chosen."""

    job: JobSpec
    network: dict[str, int | float]  # key of `network` -> chosen value
    training: dict[str, int | float]  # key of `training` -> chosen value
    reason: str

    def describe(self) -> str:
        """One line for the console; empty if nothing was chosen."""
        chosen = {"network": self.network, "training": self.training}
        parts = [
            f"{section}.{key} {value:g}" for section, keys in chosen.items() for key, value in keys.items()
        ]
        return f"chosen from the data ({self.reason}): {', '.join(parts)}" if parts else ""


def choose_job_sizes(job: JobSpec, users: Indices | Indices32, item_count: int) -> ChosenSizes:
    """Choose the sizes for training events of the users `users` [n], one entry an event.

    With private training nothing is chosen, since a choice from the data would reveal something of them.
    """
    if job.training.privacy is not None:
        return ChosenSizes(job, {}, {}, "")
    counts, events = np.bincount(users), len(users)
    counts = counts[counts > 0]
    network: dict[str, int | float] = {"history_length": choose_history_length(counts)}
    training: dict[str, int | float] = {}
    states_width = {"dim", "attention_heads"} & job.network.model_fields_set
    if events >= LARGE_LOG and float(events) * item_count <= MOST_LOGITS and not states_width:
        network, training = network | WIDE_NETWORK, dict(WIDE_TRAINING)
    network = {key: value for key, value in network.items() if key not in job.network.model_fields_set}
    training = {key: value for key, value in training.items() if key not in job.training.model_fields_set}
    sized = job.model_copy(
        update={
            "network": job.network.model_validate(job.network.model_dump() | network),
            "training": job.training.model_copy(update=training),
        }
    )
    reason = f"{events:,} training events, {item_count:,} items, {np.median(counts):g} events a user"
    return ChosenSizes(sized, network, training, reason)


def choose_history_length(counts: Indices) -> int:
    """The least of HISTORY_LENGTHS that holds all earlier events of COVERED of the events, from users' counts [U]."""
    events = max(int(counts.sum()), 1)
    for length in HISTORY_LENGTHS:
        if np.minimum(counts, length + 1).sum() >= COVERED * events:
            return length
    return HISTORY_LENGTHS[-1]
