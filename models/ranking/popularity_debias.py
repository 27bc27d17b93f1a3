"""Popularity debiasing: popular candidates lose relevance before a list is re-ranked (Abdollahpouri et al. 2019).

The service and the offline evaluation share this definition. Scores that are shown stay those of the heads.
"""

from dataclasses import dataclass, replace

import numpy as np

from models.contract.arrays import Floats, Indices


@dataclass(frozen=True, slots=True, eq=False)
class Debias:
    """The relevance in [0, 1] that the most popular item of the catalogue loses, on the scale of fused scores."""

    strength: float
    popularity: Floats | None = None  # [K] of the candidates in [0, 1] (`scale_popularity`)

    def take(self, rows: Indices) -> "Debias":
        """The debiasing of the candidates at some positions."""
        return self if self.popularity is None else replace(self, popularity=self.popularity[rows])

    def lower(self, scores: Floats) -> Floats:
        """The relevance [K] of candidates with these scores [K]. Raises ValueError before popularity is measured."""
        if self.popularity is None:
            raise ValueError("expected the popularity of each candidate for debiasing, given none")
        return np.asarray(scores - np.float32(self.strength) * self.popularity, dtype=np.float32)


def scale_popularity(totals: Floats, greatest: float) -> Floats:
    """Popularity [K] in [0, 1] from logarithms of counts [K] (models.contract.statistics, `total`).

    `greatest` is that of the catalogue; where it is 0, no item has been taken and all are alike.
    """
    if greatest <= 0:
        return np.zeros(len(totals), dtype=np.float32)
    return np.asarray(np.clip(totals / np.float32(greatest), 0, 1), dtype=np.float32)
