"""Compute the lists that the service would answer: fused and re-ranked by the same code."""

import numpy as np

from models.contract.arrays import Indices
from models.contract.fusion import Fusion, contributions, fuse
from models.evaluation.candidates import CandidateValues, ServedItems
from models.evaluation.metrics.lists import NO_ITEM
from models.ranking.budget import CANDIDATES, Budget, plan_budgets
from models.ranking.rerank import Diversity, rerank

PURE_ORDER = Diversity(method="none")
DEFAULT = Diversity()
"""The service's re-ranking for a request without `diversity`."""


def plan_budget(fusion: Fusion) -> Budget:
    """How many candidates the service scores with the fitted weights, in a list without a category cap."""
    (budget,) = plan_budgets(CANDIDATES, fusion.weights)
    return budget


def rank_candidates(
    candidates: CandidateValues, items: ServedItems, fusion: Fusion, diversity: Diversity, k: int
) -> Indices:
    """The k items [C, k] of every list that the service would answer, NO_ITEM where there are fewer."""
    lists = np.full((len(candidates.items), k), NO_ITEM, dtype=np.int64)
    for number, row in enumerate(candidates.items):
        present = row != NO_ITEM
        rows = row[present]
        values = {name: value[number][present] for name, value in candidates.values.items()}
        scores = fuse(contributions(fusion, values, fusion.weights))
        vectors = items.arrays.vectors[rows, :-1] - items.arrays.centre
        labels = [items.labels[item] for item in rows.tolist()]
        order = rerank(scores, vectors, labels, diversity, k).order
        lists[number, : len(order)] = rows[order]
    return lists
