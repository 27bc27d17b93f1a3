"""Greedy selection: pick by pick the best sum of scaled relevance and a bonus that depends on the picks so far."""

from collections.abc import Callable

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.ranking.category_cap import CategoryCap

SimilarTo = Callable[[int], Floats]
"""position -> similarity [K] of every candidate to the candidate at that position, at most 1."""
Bonus = Callable[[int], Doubles]
"""position of the last pick -> what each candidate [K] gains or loses from now on."""


def relevance_order(relevance: Floats) -> Indices:
    """Positions [K] from the most relevant; ties keep their order, non-finite relevance sorts last."""
    return np.argsort(-np.where(np.isfinite(relevance), relevance, -np.inf), kind="stable")


def select_greedily(
    relevance: Floats, weight: float, bonus: Bonus, n: int, cap: CategoryCap | None
) -> Indices:
    """Positions [min(n, K)]: at each step the greatest weight * relevance (scaled to [0, 1]) + bonus.

    Ties go to the more relevant, then to the earlier candidate. Finite relevance [K].
    """
    order = relevance_order(relevance)
    reward = weight * _scale(relevance)
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


def _scale(relevance: Floats) -> Doubles:
    """Relevance [K] mapped to [0, 1] by its least and greatest; zeros where all are equal."""
    wide = relevance.astype(np.float64)
    low, high = wide.min(initial=np.inf), wide.max(initial=-np.inf)
    return (wide - low) / (high - low) if high > low else np.zeros_like(wide)
