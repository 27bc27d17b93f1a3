"""The cost of popularity debiasing: what the served lists lose in NDCG, and what the tail gains, at each strength."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.contract.bundle import DefaultDiversity
from models.evaluation.exposure import count_places, divide_by_popularity, share_of
from models.evaluation.full_ranking import match_relevant
from models.evaluation.metrics.coverage import coverage
from models.evaluation.metrics.lists import ItemFacts
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.novelty import novelty
from models.evaluation.paired_bootstrap import Interval, bootstrap_difference
from models.evaluation.protocols import RankingCase
from models.ranking.popularity_debias import Debias
from models.ranking.rerank import Diversity

STRENGTHS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
SEED = 0
"""Of the intervals' resamples."""


@dataclass(frozen=True, slots=True)
class DebiasPoint:
    """The lists as served at one strength of debiasing."""

    strength: float
    ndcg: float  # NDCG@K, mean over lists
    difference: Interval | None  # in NDCG to the lists without debiasing; None for those
    coverage: float | None  # None where it is undefined, as is novelty
    novelty: float | None
    exposure: dict[str, float | None]  # band of popularity -> share of the places


Rank = Callable[[Diversity], Indices]
"""The lists [C, K] of a case by settings of the re-rank."""


def measure_debias(
    rank: Rank, case: RankingCase, facts: ItemFacts, default: DefaultDiversity
) -> Iterator[DebiasPoint]:
    """Yield the point of each strength, over the C lists of a case that `rank` makes from the default diversity.

    The intervals resample lists as independent; those of one user before events are not.
    """
    served, plain = Diversity(default.method, default.strength), np.zeros(0)
    for strength in STRENGTHS:
        diversity = replace(served, debias=Debias(strength) if strength else None)
        ranked = rank(diversity)
        matched = match_relevant(ranked, case)
        gains: Doubles = np.asarray(ndcg(matched.hits, matched.relevant), dtype=np.float64)
        plain = plain if strength else gains
        difference = bootstrap_difference(gains, plain, SEED) if strength else None
        yield make_point(strength, gains, difference, ranked, facts)


def make_point(
    strength: float, gains: Doubles, difference: Interval | None, ranked: Indices, facts: ItemFacts
) -> DebiasPoint:
    """The point of lists [C, K] with the NDCG [C]."""
    bands = divide_by_popularity(facts.popularity)
    return DebiasPoint(
        strength=strength,
        ndcg=float(gains.mean()),
        difference=difference,
        coverage=_defined(coverage(ranked, len(facts.popularity))),
        novelty=_defined(novelty(ranked, facts.popularity)),
        exposure={name: _defined(share_of(band, count_places(ranked, len(band)))) for name, band in bands},
    )


def _defined(figure: float) -> float | None:
    return figure if np.isfinite(figure) else None
