"""Greedy MAP of a DPP: hand-worked picks, and the determinant by brute force."""

import numpy as np
import pytest

from models.ranking.dpp import greedy_map_dpp
from models.ranking.similarity import Similarity


@pytest.mark.parametrize(
    ("strength", "order"),
    [
        # After 0: item 1's variance is 1 - .81 = .19 and log .19 = -1.661, item 2's is 1 and log 1 = 0.
        # (1-s)*.8 - s*1.661 against 0: equal at s = .8 / 2.461 = .3251.
        (0.0, [0, 1, 2]),
        (0.32, [0, 1, 2]),
        (0.33, [0, 2, 1]),
        (1.0, [0, 2, 1]),
    ],
)
def test_dpp_by_hand(three_items, strength, order):
    picks = greedy_map_dpp(three_items.relevance, three_items.similarity.__getitem__, strength, 3)
    assert picks.tolist() == order


def test_dpp_adds_what_the_determinant_says():
    """Every pick maximises (1 - s) * relevance + s * log det of the kernel, by brute force."""
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((12, 20)).astype(np.float32)
    kernel = Similarity.of(vectors, [frozenset()] * 12).among(np.arange(12))
    relevance = rng.random(12).astype(np.float32)
    scaled = (relevance - relevance.min()) / (relevance.max() - relevance.min())
    picks: list[int] = []
    for _ in range(6):
        values = {}
        for position in set(range(12)) - set(picks):
            chosen = [*picks, position]
            _, log_determinant = np.linalg.slogdet(kernel[np.ix_(chosen, chosen)].astype(np.float64))
            values[position] = 0.5 * scaled[chosen].sum() + 0.5 * log_determinant
        picks.append(max(values, key=values.__getitem__))
    assert greedy_map_dpp(relevance, kernel.__getitem__, 0.5, 6).tolist() == picks
