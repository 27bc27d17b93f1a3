"""Full ranking: score every item for every list, exclude seen items, measure the top k."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.evaluation.metrics.lists import NO_ITEM, ItemFacts, RankedLists, mean_over_lists
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.metrics.registry import measure_lists
from models.evaluation.protocols import RankingCase

K = 10
"""The length of the lists in the report's main tables, and for the choice of settings."""
DEPTHS = (5, 10, 20)
"""Lengths of lists that the report gives the metrics of hits for."""
BATCH = 256
"""Lists scored at once."""

ListScorer = Callable[[Indices], Floats]
"""Scores [b, I] of all items, from b list numbers of a case; higher is better."""


def rank_top(scores: Floats, seen: sparse.csr_array, k: int) -> Indices:
    """The k best unseen items [b, k] of scores [b, I], best first, NO_ITEM where there are fewer.

    Equal scores: the lower index first. Non-finite scores sort last.
    """
    if k < 1 or scores.shape != seen.shape:
        raise ValueError(f"expected k >= 1 and seen {scores.shape}, given {k} and {seen.shape}")
    lowest = np.finfo(np.float32).min
    values = np.where(np.isfinite(scores), scores, lowest).astype(np.float64)
    rows = np.repeat(np.arange(len(scores)), np.diff(seen.indptr))
    values[rows, seen.indices] = -np.inf
    return select_top(values, k)


def select_top(values: NDArray[np.floating], k: int) -> Indices:
    """The columns [b, k] of the k largest values of each row of [b, I], equal ones by the lower column.

    A value of -inf is never chosen: NO_ITEM fills the row.
    """
    top = np.full((len(values), k), NO_ITEM, dtype=np.int64)
    width = min(k, values.shape[1])
    if width == 0:
        return top
    # Only items at least as good as the k-th best, ties included, are sorted.
    threshold = np.partition(values, values.shape[1] - width, axis=1)[:, [values.shape[1] - width]]
    row, item = np.nonzero((values >= threshold) & (values > -np.inf))
    order = np.lexsort((item, -values[row, item], row))
    row, item = row[order], item[order]
    position = np.arange(len(row)) - np.searchsorted(row, row)
    top[row[position < k], position[position < k]] = item[position < k]
    return top


def rank_lists(scorer: ListScorer, case: RankingCase, k: int = K) -> Indices:
    """The top k [C, k] of every list of a case."""
    lists = np.full((len(case), k), NO_ITEM, dtype=np.int64)
    for start in range(0, len(case), BATCH):
        batch = np.arange(start, min(start + BATCH, len(case)), dtype=np.int64)
        lists[batch] = rank_top(scorer(batch), case.seen[batch], k)
    return lists


def match_relevant(lists: Indices, case: RankingCase) -> RankedLists:
    """Lists [C, k] of a case with their hits, the input of the list metrics."""
    n_items = case.relevant.shape[1]
    relevant = np.diff(case.relevant.indptr).astype(np.int64)
    relevant_pairs = np.repeat(np.arange(len(case)), relevant) * n_items + case.relevant.indices
    listed_pairs = np.arange(len(case))[:, None] * n_items + lists
    hits = np.isin(listed_pairs, relevant_pairs) & (lists != NO_ITEM)
    return RankedLists(lists, np.asarray(hits, dtype=np.bool_), relevant)


def mean_ndcg(lists: Indices, case: RankingCase) -> float:
    """NDCG of lists [C, k], the figure by which settings are chosen; nan without lists."""
    ranked = match_relevant(lists, case)
    return mean_over_lists(ndcg(ranked.hits, ranked.relevant))


def evaluate_lists(lists: Indices, case: RankingCase, facts: ItemFacts) -> dict[str, float]:
    """Every registered metric of lists [C, k] that were ranked for a case."""
    return measure_lists(match_relevant(lists, case), facts)
