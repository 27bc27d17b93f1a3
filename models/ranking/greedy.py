"""Greedy selection: each pick maximises scaled relevance plus a bonus that depends on earlier picks."""

from collections.abc import Callable

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices
from models.ranking.category_cap import CategoryCap
from models.ranking.exploration import Choose, pick_best
from models.ranking.order import sort_by_relevance

SimilarTo = Callable[[int], Floats]
"""position -> similarity [K] of all candidates to the candidate at that position, at most 1."""
Bonus = Callable[[int], Doubles]
"""position of the last pick -> bonus [K] added to each candidate's value at the next step."""


def select_greedily(
    relevance: Floats,
    weight: float,
    bonus: Bonus,
    n: int,
    cap: CategoryCap | None,
    choose: Choose = pick_best,
) -> Indices:
    """Positions [min(n, K)], picked by the greatest weight * relevance (scaled to [0, 1]) + bonus at each step.

    `choose` may pick another one by chance (models.ranking.exploration).
    Ties go to the more relevant, then to the earlier candidate. `relevance` [K] is finite.
    """
    order = sort_by_relevance(relevance)
    reward = weight * scale_relevance(relevance)
    gain, value, picks = np.zeros(len(order)), np.empty(len(order)), list[int]()
    most = min(n, len(order))
    while len(picks) < most:
        np.add(reward, gain, out=value)
        while cap is not None and (cap.closed | (reward == -np.inf)).all():
            cap.rise()
        if cap is not None:
            value[cap.closed] = -np.inf
        best = choose(value, order)
        picks.append(best)
        reward[best] = -np.inf
        if len(picks) < most:
            gain = bonus(best)
        if cap is not None:
            cap.pick(best)
    return np.array(picks, dtype=np.int64)


def scale_relevance(relevance: Floats) -> Doubles:
    """Min-max scaled relevance [K] in [0, 1]; zeros if all are equal."""
    wide = relevance.astype(np.float64)
    low, high = wide.min(initial=np.inf), wide.max(initial=-np.inf)
    return (wide - low) / (high - low) if high > low else np.zeros_like(wide)
