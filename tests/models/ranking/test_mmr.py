"""Maximal marginal relevance: hand-worked picks, and a naive loop."""

import numpy as np
import pytest

from models.ranking.mmr import mmr
from models.ranking.similarity import Similarity


@pytest.mark.parametrize(
    ("strength", "order"),
    [
        # After 0: item 1 has (1-s)*.8 - s*.9, item 2 has (1-s)*0 - s*0 = 0; equal at s = .8 / 1.7 = .4706.
        (0.0, [0, 1, 2]),
        (0.45, [0, 1, 2]),
        (0.49, [0, 2, 1]),
        (1.0, [0, 2, 1]),
    ],
)
def test_mmr_by_hand(three_items, strength, order):
    assert mmr(three_items.relevance, three_items.similarity.__getitem__, strength, 3).tolist() == order


def test_mmr_agrees_with_the_naive_loop():
    rng = np.random.default_rng(6)
    vectors = rng.standard_normal((40, 8)).astype(np.float32)
    labels = [frozenset(rng.choice(list("abcd"), 2).tolist()) for _ in range(40)]
    similarity = Similarity.of(vectors, labels).among(np.arange(40))
    relevance = rng.random(40).astype(np.float32)
    scaled = (relevance.astype(float) - relevance.min()) / (relevance.max() - relevance.min())
    picks = [int(np.argmax(scaled))]
    while len(picks) < 10:
        left = [position for position in range(40) if position not in picks]
        picks.append(max(left, key=lambda p: 0.6 * scaled[p] - 0.4 * max(similarity[p, q] for q in picks)))
    assert mmr(relevance, similarity.__getitem__, 0.4, 10).tolist() == picks
