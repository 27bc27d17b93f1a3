"""Greedy lists beside the best that the searches find: the share of the value that greedy picking reaches."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.evaluation.list_search.annealing import anneal
from models.evaluation.list_search.genetic import breed
from models.evaluation.list_search.list_value import LIST_VALUES
from models.evaluation.served_lists import ScoredList
from models.ranking.exploration import pick_best
from models.ranking.order import sort_by_relevance
from models.ranking.registry import find_reranker
from models.ranking.similarity import Similarity

SEED = 0


@dataclass(frozen=True, slots=True)
class SearchComparison:
    """Mean values of the lists of one method and strength; shares are of the better search's list."""

    method: str
    strength: float
    lists: int
    by_relevance: float  # the most relevant items, in their order
    greedy: float
    annealing: float
    genetic: float
    share: float | None  # of the values' sums; None where the searches find none above 0
    least_share: float | None  # of a single list
    share_of_gain: float | None  # the same of what is above `by_relevance`; None where nothing is


class _Values(NamedTuple):
    by_relevance: float
    greedy: float
    annealing: float
    genetic: float


def compare_with_searches(
    lists: Sequence[ScoredList], method: str, strength: float, n: int
) -> SearchComparison:
    """Re-rank each list greedily and by both searches, whose random numbers depend on the list's place alone."""
    values = np.array([_measure(one, number, method, strength, n) for number, one in enumerate(lists)])
    relevance, greedy, annealing, genetic = values.T
    best = np.maximum(annealing, genetic)
    singles = greedy[best > 0] / best[best > 0]
    return SearchComparison(
        method,
        strength,
        len(lists),
        by_relevance=float(relevance.mean()),
        greedy=float(greedy.mean()),
        annealing=float(annealing.mean()),
        genetic=float(genetic.mean()),
        share=_divide(greedy, best),
        least_share=float(singles.min()) if len(singles) else None,
        share_of_gain=_divide(greedy - relevance, best - relevance),
    )


def _measure(one: ScoredList, number: int, method: str, strength: float, n: int) -> _Values:
    similarity, ranked = Similarity.of(one.vectors, one.labels), sort_by_relevance(one.scores)
    value = LIST_VALUES[method](one.scores, similarity.among(np.arange(len(ranked))), strength)

    def value_of(order: Indices) -> float:
        return float(value(order[None])[0])

    return _Values(
        value_of(ranked[:n]),
        value_of(find_reranker(method)(one.scores, similarity.to, strength, n, None, pick_best)),
        value_of(anneal(value, ranked, n, np.random.default_rng([SEED, number]))),
        value_of(breed(value, ranked, n, np.random.default_rng([SEED, number]))),
    )


def _divide(part: Doubles, whole: Doubles) -> float | None:
    return float(part.sum() / whole.sum()) if whole.sum() > 0 else None
