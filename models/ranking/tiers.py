"""Re-rank candidates in two tiers: those of the first tier come before all others."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.ranking.rerank import Diversity, RerankedList, rerank
from models.ranking.similarity import Similarity

LabelSets = Sequence[frozenset[str]]


@dataclass(frozen=True, slots=True)
class Pool:
    """K candidates to choose from."""

    scores: Floats  # [K]
    vectors: Floats  # [K, D]
    labels: LabelSets  # K

    def take(self, rows: Indices) -> "Pool":
        """The candidates at some positions."""
        return Pool(self.scores[rows], self.vectors[rows], [self.labels[row] for row in rows.tolist()])


def rerank_tiers(
    pool: Pool, first: Mask | None, diversity: Diversity, n: int, above: LabelSets = ()
) -> RerankedList:
    """Choose and order n of K candidates as `models.ranking.rerank.rerank` does, those of `first` [K] before others.

    Without `first` there is one tier. The cost in relevance is that within the tiers.
    """
    if first is None or first.all() or not first.any():
        return rerank(pool.scores, pool.vectors, pool.labels, diversity, n, above)
    best = _rerank_rows(pool, np.flatnonzero(first), diversity, n, above)
    shown = [pool.labels[position] for position in best.order.tolist()]
    below = diversity.below(best.order)
    rest = _rerank_rows(pool, np.flatnonzero(~first), below, n - len(best.order), [*above, *shown])
    order = np.concatenate([best.order, rest.order])
    counts = np.array([len(best.order), len(rest.order)])
    costs = np.array([best.relevance_cost, rest.relevance_cost])
    return RerankedList(
        order,
        Similarity.of(pool.vectors, pool.labels).diversity(order),
        float(costs @ counts / max(counts.sum(), 1)),
        tuple(dict.fromkeys((*best.degraded, *rest.degraded))),
        join_propensities(best, rest),
        np.concatenate([best.given, rest.given]),
    )


def join_propensities(*parts: RerankedList) -> Floats | None:
    """The propensities of lists that stand one below the other; None where none explores."""
    if all(part.propensity is None for part in parts):
        return None
    sure = (np.ones(len(part.order), dtype=np.float32) for part in parts)
    return np.concatenate(
        [ones if part.propensity is None else part.propensity for ones, part in zip(sure, parts, strict=True)]
    )


def _rerank_rows(pool: Pool, rows: Indices, diversity: Diversity, n: int, above: LabelSets) -> RerankedList:
    """The list of the candidates at some positions, which it keeps."""
    if n <= 0:
        return RerankedList(np.zeros(0, dtype=np.int64), 0.0, 0.0)
    part = pool.take(rows)
    chosen = rerank(part.scores, part.vectors, part.labels, diversity.take(rows), n, above)
    return replace(chosen, order=rows[chosen.order], given=rows[chosen.given])
