"""Candidates -> slate: relevance traded for variety by a registered re-ranker, with a cap a category."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.greedy import relevance_order
from models.ranking.registry import find_reranker
from models.ranking.similarity import Similarity

RELEVANCE_ORDER = "rerank:relevance_order"
CATEGORY_CAP = "rerank:category_cap_exceeded"


@dataclass(frozen=True, slots=True)
class Diversity:
    """How a list is spread. The defaults are what a request without `diversity` gets."""

    method: str = "mmr"  # a name in RERANKERS
    strength: float = 0.3  # 0 is pure relevance, 1 the most diverse
    max_per_category: int | None = None


@dataclass(frozen=True, slots=True)
class Reranked:
    """Positions into the candidates, best first, and what the order gains and costs."""

    order: Indices  # [min(n, K)] distinct
    intra_list_diversity: float
    relevance_cost: float  # mean score of the pure order's first n, minus that of the chosen; >= 0
    degraded: tuple[str, ...] = ()


def rerank(
    scores: Floats, vectors: Floats, labels: Sequence[frozenset[str]], diversity: Diversity, n: int
) -> Reranked:
    """The best n of K candidates with scores [K], vectors [K, D] and K label sets.

    Where a score or vector is not finite, the order is that of relevance alone, nothing else is measured, and
    `degraded` says so; it also says where the list could not be filled within the cap. Raises
    UnknownRerankerError.
    """
    similarity = Similarity.of(vectors, labels)
    pure_order = relevance_order(scores)
    if not (np.isfinite(scores).all() and np.isfinite(similarity.unit).all()):
        return Reranked(pure_order[:n], 0.0, 0.0, (RELEVANCE_ORDER,))
    order, degraded = _select(scores, similarity, diversity, n)
    cost = _mean(scores[pure_order[: len(order)]]) - _mean(scores[order])
    return Reranked(order, similarity.diversity(order), max(cost, 0.0), degraded)


def _select(
    scores: Floats, similarity: Similarity, diversity: Diversity, n: int
) -> tuple[Indices, tuple[str, ...]]:
    """The order [min(n, K)] by the diversity's method, and what was degraded.

    An item of many categories fills them all. Where the cap closes the list before it is full, items of fewer
    and fewer categories are tried, and last the cap is exceeded by as little as possible.
    """
    select = find_reranker(diversity.method)
    if diversity.max_per_category is None:
        return select(scores, similarity.to, diversity.strength, n, None), ()
    first = np.zeros(0, dtype=np.int64)
    for size in np.unique(similarity.sizes)[::-1]:
        barred = similarity.sizes > size
        if len(first) and np.count_nonzero(~barred) < n:
            break
        cap = CategoryCap(similarity.hot, diversity.max_per_category, barred)
        order = select(scores, similarity.to, diversity.strength, n, cap)
        if not cap.exceeded:
            return order, ()
        first = first if len(first) else order
    return first, (CATEGORY_CAP,) if len(first) else ()


def _mean(scores: Floats) -> float:
    return float(scores.mean(dtype=np.float64)) if len(scores) else 0.0
