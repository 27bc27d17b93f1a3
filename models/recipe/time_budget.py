"""Share the time limit of training (training.max_minutes) between training and the refreshes after it."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.recipe.ingestion import JobData

MAX_RESERVE = 0.5
"""The most of the time limit that training holds back for the refreshes."""
TEST_REFRESH = "the refresh on the validation part, before the test"
FULL_REFRESH = "the refresh on all data, for the published network"


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """The time limit of a job in seconds, and the refreshes that follow training."""

    minutes: float
    epochs: int  # of each refresh
    refreshes: dict[str, float]  # name -> the events of an epoch, relative to an epoch of training

    @classmethod
    def of(cls, data: JobData) -> "TimeBudget":
        """The budget of a job. Without a test part, `fit: all` has only the last refresh."""
        train, valid, test = (len(part) for part in (data.split.train, data.split.valid, data.split.test))
        job = data.job
        everything = job.export.fit == "all"
        sizes = {TEST_REFRESH: train + valid} if test or not everything else {}
        sizes |= {FULL_REFRESH: train + valid + test} if everything else {}
        refreshes = {name: size / max(train, 1) for name, size in sizes.items()}
        return cls(job.training.max_minutes, job.training.refresh_epochs, refreshes)

    def reserve(self, epoch_seconds: float) -> float:
        """Seconds that training leaves to the refreshes, if one of its epochs takes `epoch_seconds`."""
        needed = self.epochs * epoch_seconds * sum(self.refreshes.values())
        return min(needed, MAX_RESERVE * 60 * self.minutes)

    def affordable_epochs(self, name: str, spent: float, epoch_seconds: Sequence[float]) -> int:
        """The epochs of a refresh after `spent` seconds; those after it get their share of the rest.

        `epoch_seconds`: the seconds of each epoch of training; without one, no refresh is affordable.
        """
        names = list(self.refreshes)
        waiting = names[names.index(name) :]
        round_seconds = sum(self.refreshes[one] for one in waiting) * mean_seconds(epoch_seconds)
        left = 60 * self.minutes - spent
        if not epoch_seconds or left <= 0:
            return 0
        return self.epochs if round_seconds * self.epochs <= left else int(left / round_seconds)

    def describe_training_cut(self, epochs: int, most: int) -> str:
        """The sentence for training that the limit ended after `epochs`."""
        return (
            f"training.max_minutes ({self.minutes:g}) ended training after {epochs} of at most {most} epochs"
        )

    def describe_refresh_cut(self, name: str, epochs: int) -> str:
        """The sentence for a refresh that had `epochs` instead of all."""
        if not epochs:
            return f"training.max_minutes ({self.minutes:g}) left no time for {name}"
        return f"training.max_minutes ({self.minutes:g}) cut {name}, to {epochs} of {self.epochs} epochs"


def mean_seconds(epoch_seconds: Sequence[float]) -> float:
    """The mean of the seconds; 0 without any."""
    return sum(epoch_seconds) / len(epoch_seconds) if epoch_seconds else 0.0
