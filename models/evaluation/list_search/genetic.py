"""A genetic search over lists (Holland 1975), with the order crossover of Davis (1985)."""

import numpy as np

from models.contract.arrays import Indices
from models.evaluation.list_search.draws import change_lists, draw_lists
from models.evaluation.list_search.list_value import ListValue

POPULATION, GENERATIONS = 100, 100
ELITE = 4
"""The best lists, which live on unchanged."""
RIVALS = 3
"""Lists drawn for each parent, of which the best is taken."""
MUTATION = 0.5
"""The probability that a child gets a drawn candidate at one place."""


def breed(
    value: ListValue, ranked: Indices, n: int, random: np.random.Generator, generations: int = GENERATIONS
) -> Indices:
    """The best list [min(n, K)] of a population of lists after `generations` generations.

    `ranked` [K] are the candidates, most relevant first.
    """
    lists = draw_lists(ranked, n, POPULATION, random)
    if not lists.shape[1]:
        return lists[:1].ravel()
    for _ in range(generations):
        values = value(lists)
        elite = np.argsort(-values, kind="stable")[:ELITE]
        rivals = random.integers(POPULATION, size=(2, POPULATION - ELITE, RIVALS))
        winners = np.take_along_axis(rivals, values[rivals].argmax(axis=2)[..., None], axis=2)[..., 0]
        children = _cross(lists[winners[0]], lists[winners[1]], random)
        mutates = random.random(len(children)) < MUTATION
        children[mutates] = change_lists(children[mutates], ranked, random)
        lists = np.concatenate([lists[elite], children])
    return np.asarray(lists[value(lists).argmax()])


def _cross(first: Indices, second: Indices, random: np.random.Generator) -> Indices:
    """Children [C, n]: the first parent up to a drawn place, then the second's other items, then the first's."""
    count, n = first.shape
    cuts = random.integers(1, n + 1, size=count)
    kept = np.arange(n) < cuts[:, None]
    known = ((second[:, :, None] == first[:, None]) & kept[:, None]).any(axis=2)
    pool = np.concatenate([first, second, first], axis=1)
    rest_known = ((first[:, :, None] == second[:, None]).any(axis=2)) | kept
    left_out = np.concatenate([~kept, known, rest_known], axis=1)
    order = np.argsort(left_out, axis=1, kind="stable")[:, :n]
    return np.take_along_axis(pool, order, axis=1)
