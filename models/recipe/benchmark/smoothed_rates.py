"""Smoothed rates of video, user and surface, combined in log-odds: statistics of the past alone.

Beta-binomial smoothing: a rate of k positives in n events is (k + s p) / (n + s), with the rate p of all events before
and the strength s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np

from models.contract.action_rates import log_odds
from models.contract.arrays import Doubles, Floats, Indices, Mask
from models.evaluation.metrics.prediction import auc
from models.recipe.benchmark.exposures import Exposures

STRENGTHS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)


@dataclass(frozen=True, slots=True)
class PastCounts:
    """For n exposures the earlier events of the same key, and how many of these had the label."""

    events: Doubles  # [n]
    positives: Doubles  # [n]


@dataclass(frozen=True, slots=True)
class PastRates:
    """The past of one head's label at n exposures: the counts by key, and the rate of all events before."""

    by_key: Mapping[str, PastCounts]  # user, video, surface
    overall: Doubles  # [n]

    def measure(self, key: str, strength: float) -> Doubles:
        """[n] log-odds of the smoothed rate of a key, less those of all events."""
        counts = self.by_key[key]
        smoothed = (counts.positives + strength * self.overall) / (counts.events + strength)
        return log_odds(smoothed) - log_odds(self.overall)

    def combine(self, strengths: Mapping[str, float]) -> Doubles:
        """[n] log-odds of all keys together, as if they were independent."""
        terms = [self.measure(key, strength) for key, strength in strengths.items()]
        return np.asarray(log_odds(self.overall) + np.sum(terms, axis=0), dtype=np.float64)


def count_past(keys: Indices, labels: Floats, times: Doubles, moments: Doubles) -> PastCounts:
    """Counts of the events [n] with the key of each exposure, strictly before its moment [n]."""
    distinct = np.unique(times)
    codes = keys * (len(distinct) + 1) + np.searchsorted(distinct, times)
    order = np.argsort(codes, kind="stable")
    running = np.concatenate([[0.0], np.cumsum(labels[order], dtype=np.float64)])
    begin = keys * (len(distinct) + 1)
    first, stop = (
        np.searchsorted(codes[order], begin + offset) for offset in (0, np.searchsorted(distinct, moments))
    )
    return PastCounts((stop - first).astype(np.float64), running[stop] - running[first])


def read_rates(exposures: Exposures, head: str) -> PastRates:
    """The past counts of a head's label."""
    labels, times, known = exposures.targets[head], exposures.times, exposures.known
    everything = count_past(np.zeros_like(exposures.users), labels, times, known)
    return PastRates(
        {
            "user": count_past(exposures.users, labels, times, times),
            "video": count_past(exposures.items, labels, times, known),
            "surface": count_past(exposures.surfaces, labels, times, known),
        },
        (everything.positives + 1) / (everything.events + 2),
    )


def choose_strengths(rates: PastRates, labels: Floats, chosen_on: Mask) -> dict[str, float]:
    """Key -> the strengths with the best AUC on the exposures in `chosen_on` [n]; the first of equal ones."""
    tables = {
        key: {strength: rates.measure(key, strength)[chosen_on] for strength in STRENGTHS}
        for key in rates.by_key
    }
    overall, true = log_odds(rates.overall)[chosen_on], labels[chosen_on]
    grid = list(product(STRENGTHS, repeat=len(tables)))
    scores = [
        auc(
            overall + np.sum([table[s] for table, s in zip(tables.values(), each, strict=True)], axis=0), true
        )
        for each in grid
    ]
    return dict(zip(tables, grid[int(np.argmax(scores))], strict=True))
