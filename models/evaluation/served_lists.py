"""Compute the lists that the service would answer: fused and re-ranked by the same code."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.fusion import Fusion, contributions, fuse
from models.contract.statistics import TOTAL
from models.contract.user_vector import strip_bias
from models.evaluation.candidates import CandidateValues, ServedItems
from models.evaluation.metrics.lists import NO_ITEM
from models.ranking.budget import CANDIDATES, Budget, plan_budgets
from models.ranking.popularity_debias import scale_popularity
from models.ranking.rerank import Diversity, rerank

PURE_ORDER = Diversity(method="none")


def plan_budget(fusion: Fusion) -> Budget:
    """How many candidates the service scores with the fitted weights, in a list without a category cap."""
    (budget,) = plan_budgets(CANDIDATES, fusion.weights)
    return budget


class ScoredList(NamedTuple):
    """One list's candidates, with all that re-ranking reads."""

    rows: Indices  # [n] item rows
    scores: Floats  # [n] fused
    vectors: Floats  # [n, D] relative to the mean item
    labels: Sequence[frozenset[str]]  # n


def fuse_list(candidates: CandidateValues, number: int, items: ServedItems, fusion: Fusion) -> ScoredList:
    """The candidates of a list by its number, with their fused scores."""
    present = candidates.items[number] != NO_ITEM
    rows = candidates.items[number][present]
    values = {name: value[number][present] for name, value in candidates.values.items()}
    return ScoredList(
        rows=rows,
        scores=fuse(contributions(fusion, values, fusion.weights)),
        vectors=strip_bias(items.arrays.vectors[rows]) - items.arrays.centre,
        labels=[items.labels[item] for item in rows.tolist()],
    )


def measure_popularity(diversity: Diversity, items: ServedItems, rows: Indices) -> Diversity:
    """The settings with the popularity of candidates at `rows` [K], if the list is debiased."""
    if diversity.debias is None:
        return diversity
    totals = items.arrays.statistics[:, TOTAL]
    popularity = scale_popularity(totals[rows], float(totals.max(initial=0)))
    return replace(diversity, debias=replace(diversity.debias, popularity=popularity))


def rank_candidates(
    candidates: CandidateValues,
    items: ServedItems,
    fusion: Fusion,
    diversity: Diversity,
    k: int,
    keeps_intent: bool = False,
) -> Indices:
    """The k items [C, k] of every list that the service would answer, NO_ITEM where there are fewer.

    With `keeps_intent` as for requests that state no diversity: a clear intent leaves the order as it is.
    """
    lists = np.full((len(candidates.items), k), NO_ITEM, dtype=np.int64)
    plain = replace(diversity, strength=0.0)
    for number in range(len(lists)):
        settings = plain if keeps_intent and candidates.clear_intent[number] else diversity
        scored = fuse_list(candidates, number, items, fusion)
        settings = measure_popularity(settings, items, scored.rows)
        order = rerank(scored.scores, scored.vectors, scored.labels, settings, k).order
        lists[number, : len(order)] = scored.rows[order]
    return lists
