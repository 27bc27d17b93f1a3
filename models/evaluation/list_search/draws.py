"""Random lists for the searches, and random changes of them; more relevant candidates come more often."""

import numpy as np

from models.contract.arrays import Indices


def draw_lists(ranked: Indices, n: int, count: int, random: np.random.Generator) -> Indices:
    """[count, min(n, K)] lists of distinct candidates; the first is the order of relevance."""
    size = min(n, len(ranked))
    keys = random.random((count, len(ranked))) * (1 + np.arange(len(ranked)))
    keys[0] = np.arange(len(ranked))
    return ranked[np.argsort(keys, axis=1, kind="stable")[:, :size]]


def change_lists(lists: Indices, ranked: Indices, random: np.random.Generator) -> Indices:
    """Each list [C, n] with a drawn candidate at one place; if the list has it already, the two places swap."""
    rows, changed = np.arange(len(lists)), lists.copy()
    places = random.integers(lists.shape[1], size=len(lists))
    items = _draw_items(ranked, len(lists), random)
    changed = np.where(changed == items[:, None], changed[rows, places][:, None], changed)
    changed[rows, places] = items
    return changed


def _draw_items(ranked: Indices, count: int, random: np.random.Generator) -> Indices:
    """[count] of the candidates `ranked` [K], most relevant first; the best tenth has about a third of the draws."""
    return ranked[(len(ranked) * random.random(count) ** 2).astype(np.int64)]
