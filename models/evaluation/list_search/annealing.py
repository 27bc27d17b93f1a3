"""Simulated annealing over lists (Kirkpatrick, Gelatt, Vecchi 1983)."""

import numpy as np

from models.contract.arrays import Indices
from models.evaluation.list_search.draws import change_lists, draw_lists
from models.evaluation.list_search.list_value import ListValue

CHAINS, STEPS = 8, 2_000
HOT, COLD = 0.3, 0.001
"""The temperature at the first and at the last step, in units of value: an item has at most 1 of relevance."""


def anneal(
    value: ListValue, ranked: Indices, n: int, random: np.random.Generator, steps: int = STEPS
) -> Indices:
    """The best list [min(n, K)] that CHAINS independent chains of `steps` steps come upon.

    `ranked` [K] are the candidates, most relevant first. A step puts a drawn candidate at a place, or swaps two places
    if the list has it; a change for the worse is taken with probability exp(difference / temperature).
    """
    lists = draw_lists(ranked, n, CHAINS, random)
    if not lists.shape[1]:
        return lists[:1].ravel()
    values = value(lists)
    best, most = lists[values.argmax()].copy(), values.max()
    for temperature in np.geomspace(HOT, COLD, steps):
        changed = change_lists(lists, ranked, random)
        new = value(changed)
        taken = random.random(CHAINS) < np.exp(np.minimum((new - values) / temperature, 0))
        lists, values = np.where(taken[:, None], changed, lists), np.where(taken, new, values)
        leader = values.argmax()
        if values[leader] > most:
            best, most = lists[leader].copy(), values[leader]
    return np.asarray(best)
