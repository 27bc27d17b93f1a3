"""The slate out of the candidates: relevance traded for variety, by MMR or greedy DPP, with a cap a category.

Each algorithm sees all K candidates and gives min(n, K) distinct positions. Relevance is scaled to [0, 1].
Ties go to the more relevant, then to the earlier candidate. At strength 0 the order is that of relevance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from app.pipeline.similarity import Similarity, intra_list_diversity
from app.pipeline.types import Diversity, DiversityMethod, Scored
from models.contract.features import Floats, Indices

RELEVANCE_ORDER = "rerank:relevance_order"
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


@dataclass(slots=True)
class CategoryCap:
    """No label more than `most` times among the picks, as long as other candidates are left."""

    hot: Floats  # [K, M]
    most: int
    counts: Floats = field(init=False)  # [M]

    def __post_init__(self) -> None:
        if self.most < 1:
            raise ValueError(f"expected at least 1 item a category, given {self.most}")
        self.counts = np.zeros(self.hot.shape[1], dtype=np.float32)

    def closed_by(self, position: int) -> Indices:
        """Positions of the candidates that may not follow any more, once the one at `position` is picked."""
        own = np.flatnonzero(self.hot[position])
        self.counts[own] += 1
        full = own[self.counts[own] >= self.most]
        return np.flatnonzero(self.hot[:, full].any(axis=1)) if len(full) else full


def rerank(
    scored: Scored, diversity: Diversity, vectors: Floats, labels: Sequence[frozenset[str]], n: int
) -> Reranked:
    """The slate of n out of K candidates with vectors [K, D] and K label sets.

    Where a score or vector is not finite, the order is that of relevance alone, nothing else is measured, and
    `degraded` says so.
    """
    similarity = Similarity.of(vectors, labels)
    if not (np.isfinite(scored.score).all() and np.isfinite(similarity.unit).all()):
        order = relevance_order(scored.score)[:n]
        return Reranked(order, 0.0, 0.0, (RELEVANCE_ORDER,))
    cap = (
        None
        if diversity.max_per_category is None
        else CategoryCap(similarity.hot, diversity.max_per_category)
    )
    strength = 0.0 if diversity.method is DiversityMethod.NONE else diversity.strength
    algorithm = greedy_map_dpp if diversity.method is DiversityMethod.DPP else mmr
    order = algorithm(scored.score, similarity.to, strength, n, cap)
    best = scored.score[relevance_order(scored.score)[: len(order)]]
    cost = (
        float(best.mean(dtype=np.float64) - scored.score[order].mean(dtype=np.float64)) if len(order) else 0.0
    )
    return Reranked(order, intra_list_diversity(similarity.among(order)), max(cost, 0.0))


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


def _greedy(
    relevance: Floats, weight: float, bonus: Callable[[int], Doubles], n: int, cap: CategoryCap | None
) -> Indices:
    """Pick by pick the best sum of weight * scaled relevance and the bonus [K] that the last pick leaves.

    Where the cap closes every candidate left, relevance fills the list: its length comes before the cap.
    """
    order = relevance_order(relevance)
    reward = weight * _scaled(relevance)
    value, picks = reward, list[int]()
    for _ in range(min(n, len(order))):
        best = int(order[value[order].argmax()])  # the first of equals: the most relevant
        if value[best] == -np.inf:
            break
        picks.append(best)
        reward[best] = -np.inf
        if cap is not None:
            reward[cap.closed_by(best)] = -np.inf
        value = reward + bonus(best)
    taken = set(picks)
    rest = [position for position in order.tolist() if position not in taken] if len(picks) < n else []
    return np.array([*picks, *rest][:n], dtype=np.int64)


def _scaled(relevance: Floats) -> Doubles:
    """Relevance [K] on [0, 1] by its least and greatest; zeros where all are equal."""
    wide = relevance.astype(np.float64)
    low, high = wide.min(initial=np.inf), wide.max(initial=-np.inf)
    return (wide - low) / (high - low) if high > low else np.zeros_like(wide)
