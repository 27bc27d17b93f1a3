"""Global temporal split: one moment parts the log, and what each user takes later is to be ranked."""

from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles


@dataclass(frozen=True, slots=True)
class GlobalCut:
    """The latest `share` of the events is held out, or else the latest `seconds`.

    Raises ValueError unless exactly one of them is given.
    """

    share: float | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if (self.share is None) == (self.seconds is None):
            raise ValueError(f"expected a share or seconds, given {self.share} and {self.seconds}")

    def find_moment(self, times: Doubles) -> float:
        """The moment of the first held-out event, from times [n]; events of one moment are not parted.

        Raises ValueError if there are no two moments to part.
        """
        distinct, starts = np.unique(np.sort(times), return_index=True)
        if len(distinct) < 2:
            raise ValueError(f"expected events of at least 2 moments to part, given {len(distinct)}")
        if self.seconds is not None:
            later = distinct[1:] >= distinct[-1] - self.seconds
            return float(distinct[1:][later][0])
        distances = np.abs(starts[1:] / len(times) - (1 - (self.share or 0)))
        return float(distinct[1 + int(np.argmin(distances))])
