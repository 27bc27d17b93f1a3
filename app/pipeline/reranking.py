"""The slate out of the candidates: relevance traded for variety, by MMR or greedy DPP, with a cap a category.

Each algorithm sees all K candidates and gives min(n, K) distinct positions. Relevance is scaled to [0, 1].
Ties go to the more relevant, then to the earlier candidate. At strength 0 the order is that of relevance.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.pipeline.category_cap import CategoryCap
from app.pipeline.similarity import Similarity, intra_list_diversity
from app.pipeline.types import Diversity, DiversityMethod, Scored
from models.contract.arrays import Floats, Indices

RELEVANCE_ORDER = "rerank:relevance_order"
CATEGORY_CAP = "rerank:category_cap_exceeded"
SMALLEST_VARIANCE = 1e-6
"""What is left of an item's variance below this is float32's rounding: the item adds nothing new."""

Doubles = NDArray[np.float64]
SimilarTo = Callable[[int], Floats]
"""position -> similarity [K] of every candidate to the one there, at most 1."""


class Reranked(NamedTuple):
    """Positions into the candidates, best first, and what the order gains and costs."""

    order: Indices  # [min(n, K)] distinct
    intra_list_diversity: float
    relevance_cost: float  # mean score of the pure order's first n, minus that of the chosen; >= 0
    degraded: tuple[str, ...] = ()


def rerank(
    scored: Scored, diversity: Diversity, vectors: Floats, labels: Sequence[frozenset[str]], n: int
) -> Reranked:
    """The slate of n out of K candidates with vectors [K, D] and K label sets.

    Where a score or vector is not finite, the order is that of relevance alone, nothing else is measured, and
    `degraded` says so; it also says where the list could not be filled within the cap.
    """
    similarity = Similarity.of(vectors, labels)
    if not (np.isfinite(scored.score).all() and np.isfinite(similarity.unit).all()):
        order = relevance_order(scored.score)[:n]
        return Reranked(order, 0.0, 0.0, (RELEVANCE_ORDER,))
    order, degraded = _ordered(scored.score, similarity, diversity, n)
    best = scored.score[relevance_order(scored.score)[: len(order)]]
    cost = (
        float(best.mean(dtype=np.float64) - scored.score[order].mean(dtype=np.float64)) if len(order) else 0.0
    )
    return Reranked(order, intra_list_diversity(similarity.among(order)), max(cost, 0.0), degraded)


def mmr(
    relevance: Floats, similar_to: SimilarTo, strength: float, n: int, cap: CategoryCap | None = None
) -> Indices:
    """Positions [min(n, K)] by maximal marginal relevance (Carbonell, Goldstein 1998).

    Each next is the best by (1 - strength) * relevance - strength * its greatest similarity to a pick. Finite
    relevance [K].
    """
    nearest = np.full(len(relevance), -np.inf)

    def bonus(position: int) -> Doubles:
        np.maximum(nearest, similar_to(position), out=nearest)
        return -strength * nearest

    return _greedy(relevance, 1 - strength, bonus, n, cap)


def greedy_map_dpp(
    relevance: Floats, similar_to: SimilarTo, strength: float, n: int, cap: CategoryCap | None = None
) -> Indices:
    """Positions [min(n, K)] by greedy MAP of a determinantal point process (Chen, Zhang, Zhou 2018).

    The kernel is q_i S_ij q_j with q = exp(a * relevance), a = (1 - strength) / (2 * strength): in
    logarithms, a set's value is (1 - strength) * its relevance + strength * log det S, which holds for
    strength 0 too. Each next adds the most, by an incremental Cholesky decomposition. Once nothing new is
    left to add, relevance decides. Finite relevance [K].
    """
    factors = np.empty((min(n, len(relevance)), len(relevance)))  # rows of the Cholesky factor
    variance = np.ones(len(relevance))  # what the picks leave unexplained of each item: det's ratio
    used = 0

    def bonus(position: int) -> Doubles:
        nonlocal used
        if variance[position] > SMALLEST_VARIANCE:
            explained = factors[:used, position] @ factors[:used]
            factors[used] = (similar_to(position) - explained) / np.sqrt(variance[position])
            np.subtract(variance, factors[used] ** 2, out=variance)
            used += 1
        return strength * np.log(np.maximum(variance, SMALLEST_VARIANCE))

    return _greedy(relevance, 1 - strength, bonus, n, cap)


def relevance_order(relevance: Floats) -> Indices:
    """Positions [K] from the most relevant; ties keep their order, what is not finite sinks."""
    return np.argsort(-np.where(np.isfinite(relevance), relevance, -np.inf), kind="stable")


def _ordered(
    relevance: Floats, similarity: Similarity, diversity: Diversity, n: int
) -> tuple[Indices, tuple[str, ...]]:
    """The order [min(n, K)] by the request's method, and what was degraded.

    An item of many categories fills them all. Where the cap closes the list before it is full, items of fewer
    and fewer categories are tried, and last the cap is exceeded as little as may be.
    """
    strength = 0.0 if diversity.method is DiversityMethod.NONE else diversity.strength
    algorithm = greedy_map_dpp if diversity.method is DiversityMethod.DPP else mmr
    if diversity.max_per_category is None:
        return algorithm(relevance, similarity.to, strength, n), ()
    first = np.zeros(0, dtype=np.int64)
    for size in np.unique(similarity.sizes)[::-1]:
        barred = similarity.sizes > size
        if len(first) and np.count_nonzero(~barred) < n:
            break
        cap = CategoryCap(similarity.hot, diversity.max_per_category, barred)
        order = algorithm(relevance, similarity.to, strength, n, cap)
        if not cap.exceeded:
            return order, ()
        first = first if len(first) else order
    return first, (CATEGORY_CAP,) if len(first) else ()


def _greedy(
    relevance: Floats, weight: float, bonus: Callable[[int], Doubles], n: int, cap: CategoryCap | None
) -> Indices:
    """Pick by pick the best sum of weight * scaled relevance and the bonus [K] that the last pick leaves."""
    order = relevance_order(relevance)
    reward = weight * _scaled(relevance)
    added, picks = np.zeros(len(order)), list[int]()
    for _ in range(min(n, len(order))):
        value = reward + added
        while cap is not None and (cap.closed | (reward == -np.inf)).all():
            cap.rise()
        if cap is not None:
            value[cap.closed] = -np.inf
        best = int(order[value[order].argmax()])  # the first of equals: the most relevant
        picks.append(best)
        reward[best] = -np.inf
        added = bonus(best)
        if cap is not None:
            cap.pick(best)
    return np.array(picks, dtype=np.int64)


def _scaled(relevance: Floats) -> Doubles:
    """Relevance [K] on [0, 1] by its least and greatest; zeros where all are equal."""
    wide = relevance.astype(np.float64)
    low, high = wide.min(initial=np.inf), wide.max(initial=-np.inf)
    return (wide - low) / (high - low) if high > low else np.zeros_like(wide)
