"""Kept items: some of the candidates stand first in a given order, and the others are re-ranked below them."""

import numpy as np

from models.contract.arrays import Indices, Mask
from models.ranking.order import sort_by_relevance
from models.ranking.rerank import Diversity, RerankedList
from models.ranking.similarity import Similarity
from models.ranking.tiers import Pool, join_propensities, rerank_tiers


def find_positions(rows: Indices, kept: Indices) -> Indices:
    """The positions in rows [K] of the kept rows that are among them, in the order of `kept`."""
    position_of = {row: position for position, row in enumerate(rows.tolist())}
    return np.array([position_of[row] for row in kept.tolist() if row in position_of], dtype=np.int64)


def rerank_below(pool: Pool, kept: Indices, first: Mask | None, diversity: Diversity, n: int) -> RerankedList:
    """The n best of K candidates, the positions `kept` first, then those of the tier `first` [K], then the others.

    A run of one category goes on below the kept ones. The figures are those of the whole list.
    """
    kept = kept[:n]
    others = np.setdiff1d(np.arange(len(pool.scores)), kept)
    above = [pool.labels[position] for position in kept.tolist()]
    tier = None if first is None else first[others]
    rest = (
        rerank_tiers(pool.take(others), tier, diversity.below(kept).take(others), n - len(kept), above)
        if n > len(kept)
        else RerankedList(np.zeros(0, dtype=np.int64), 0.0, 0.0)
    )
    order = np.concatenate([kept, others[rest.order]]).astype(np.int64)
    best = sort_by_relevance(pool.scores)[: len(order)]
    cost = float(pool.scores[best].mean() - pool.scores[order].mean()) if len(order) else 0.0
    similarity = Similarity.of(pool.vectors, pool.labels)
    propensity = join_propensities(RerankedList(kept, 0.0, 0.0), rest)
    figures = similarity.diversity(order), max(cost, 0.0)
    return RerankedList(order, *figures, rest.degraded, propensity, others[rest.given])
