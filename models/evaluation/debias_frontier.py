"""The cost of popularity debiasing: what the served lists lose in NDCG, and what the tail gains, at each strength."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.contract.bundle import DefaultDiversity
from models.contract.fusion import Fusion
from models.evaluation.candidates import CandidateValues, ServedItems
from models.evaluation.exposure import divide_by_popularity, share_places
from models.evaluation.full_ranking import K, match_relevant
from models.evaluation.metrics.coverage import coverage
from models.evaluation.metrics.lists import ItemFacts
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.novelty import novelty
from models.evaluation.paired_bootstrap import Interval, bootstrap_difference
from models.evaluation.protocols import RankingCase
from models.evaluation.served_lists import rank_candidates
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


def measure_debias(
    candidates: CandidateValues,
    case: RankingCase,
    items: ServedItems,
    facts: ItemFacts,
    fusion: Fusion,
    default: DefaultDiversity,
) -> Iterator[DebiasPoint]:
    """Yield the point of each strength, over the C lists of a case as the service answers them by default."""
    served, plain = Diversity(default.method, default.strength), np.zeros(0)
    for strength in STRENGTHS:
        diversity = replace(served, debias=Debias(strength) if strength else None)
        ranked = rank_candidates(candidates, items, fusion, diversity, K, keeps_intent=True)
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
        exposure={name: _defined(share_places(band, {"": ranked})[""]) for name, band in bands},
    )


def _defined(figure: float) -> float | None:
    return figure if np.isfinite(figure) else None
