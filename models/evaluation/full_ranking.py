"""Full ranking: every item scored for every list, seen items taken out, the top k measured."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.evaluation.metrics.diversity import (
    NO_ITEM,
    ItemFacts,
    Similarity,
    cosine_of,
    coverage,
    intra_list_diversity,
    jaccard_of,
    novelty,
)
from models.evaluation.metrics.ranking import Bools, hit_rate, ndcg, recall
from models.evaluation.protocols import RankingCase

K = 10
BATCH = 256
"""Lists scored at a time."""

ScoresOf = Callable[[Indices], Floats]
"""Given b numbers of lists of a case, scores [b, I] of all items; higher is better."""


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Means over lists; nan where there is no list."""

    hit_rate: float
    recall: float
    ndcg: float


@dataclass(frozen=True, slots=True)
class RankingFigures:
    """Accuracy and variety of the top k; nan where undefined."""

    hit_rate: float
    recall: float
    ndcg: float
    coverage: float
    novelty: float
    ild_cosine: float
    ild_jaccard: float


def rank_top(scores: Floats, seen: sparse.csr_array, k: int) -> Indices:
    """The k best unseen items [b, k] of scores [b, I], best first, NO_ITEM where there are fewer.

    Equal scores: the lower index first. A score that is not finite comes after all that are.
    """
    if k < 1 or scores.shape != seen.shape:
        raise ValueError(f"expected k >= 1 and seen {scores.shape}, given {k} and {seen.shape}")
    lowest = np.finfo(np.float32).min
    values = np.where(np.isfinite(scores), scores, lowest).astype(np.float64)
    rows = np.repeat(np.arange(len(scores)), np.diff(seen.indptr))
    values[rows, seen.indices] = -np.inf
    return largest(values, k)


def largest(values: NDArray[np.floating], k: int) -> Indices:
    """The columns [b, k] of the k largest values [b, I] of each row, equal ones by the lower column.

    -inf is never chosen: NO_ITEM takes its place.
    """
    top = np.full((len(values), k), NO_ITEM, dtype=np.int64)
    width = min(k, values.shape[1])
    if width == 0:
        return top
    # Every item that is at least as good as the k-th best, ties and all: the sort below is then short.
    bar = np.partition(values, values.shape[1] - width, axis=1)[:, [values.shape[1] - width]]
    row, item = np.nonzero((values >= bar) & (values > -np.inf))
    order = np.lexsort((item, -values[row, item], row))
    row, item = row[order], item[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    top[row[place < k], place[place < k]] = item[place < k]
    return top


def recommend_all(scores_of: ScoresOf, case: RankingCase, k: int = K) -> Indices:
    """The top k of every list of a case, [C, k]."""
    lists = np.full((len(case), k), NO_ITEM, dtype=np.int64)
    for start in range(0, len(case), BATCH):
        batch = np.arange(start, min(start + BATCH, len(case)), dtype=np.int64)
        lists[batch] = rank_top(scores_of(batch), case.seen[batch], k)
    return lists


def accuracy(lists: Indices, case: RankingCase) -> Accuracy:
    """How well lists [C, k] hold what is relevant."""
    if not len(case):
        return Accuracy(*[float("nan")] * 3)
    hits = _hits(lists, case)
    relevant = np.diff(case.relevant.indptr).astype(np.int64)
    return Accuracy(
        hit_rate=float(hit_rate(hits).mean()),
        recall=float(recall(hits, relevant).mean()),
        ndcg=float(ndcg(hits, relevant).mean()),
    )


def evaluate_lists(lists: Indices, case: RankingCase, facts: ItemFacts) -> RankingFigures:
    """All figures of lists [C, k] that were ranked for a case."""
    found = accuracy(lists, case)
    return RankingFigures(
        hit_rate=found.hit_rate,
        recall=found.recall,
        ndcg=found.ndcg,
        coverage=coverage(lists, case.seen.shape[1]),
        novelty=novelty(lists, facts.popularity),
        ild_cosine=_diversity(lists, cosine_of(facts.vectors), facts.vectors.shape[1]),
        ild_jaccard=_diversity(lists, jaccard_of(facts.attributes), facts.attributes.shape[1]),
    )


def evaluate_ranking(scores_of: ScoresOf, case: RankingCase, facts: ItemFacts, k: int = K) -> RankingFigures:
    """Rank every list of a case over all items and measure the top k."""
    return evaluate_lists(recommend_all(scores_of, case, k), case, facts)


def _hits(lists: Indices, case: RankingCase) -> Bools:
    """[C, k]: which places hold a relevant item."""
    n_items = case.relevant.shape[1]
    owner = np.repeat(np.arange(len(case)), np.diff(case.relevant.indptr))
    keys = owner * n_items + case.relevant.indices
    asked = np.arange(len(case))[:, None] * n_items + lists
    return np.asarray(np.isin(asked, keys) & (lists != NO_ITEM), dtype=np.bool_)


def _diversity(lists: Indices, similarity: Similarity, width: int) -> float:
    """nan where the items have nothing to be compared by."""
    return intra_list_diversity(lists, similarity) if width else float("nan")
