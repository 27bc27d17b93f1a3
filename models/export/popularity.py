"""Fit of the recency gain: the weight of recent popularity in the `next` logits."""

import numpy as np
import torch

from models.contract.arrays import Indices
from models.evaluation.full_ranking import K, mean_ndcg, rank_top
from models.evaluation.inference import CorpusPredictor
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.protocols import RankingCase

GAINS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)
"""The candidate gains; 0 leaves the network as trained."""


def fit_recency_gain(predictor: CorpusPredictor, rows: Indices, case: RankingCase) -> dict[float, float]:
    """Set the network's `recency_gain` to the best of GAINS on validation; returns gain -> NDCG@10.

    `rows` [C] are the corpus rows of the events just after the moments of the case's lists. Without times or lists the
    gain is 0.
    """
    gain = predictor.network.items.recency_gain
    gains = GAINS if predictor.corpus.spec.timed and len(case) else GAINS[:1]
    with torch.no_grad():
        gain.fill_(0)
        ndcg = {
            value: mean_ndcg(lists, case)
            for value, lists in _rank_lists(predictor, rows, case, gains).items()
        }
        gain.fill_(max(ndcg, key=lambda candidate: (ndcg[candidate], -candidate)))
    return ndcg


def _rank_lists(
    predictor: CorpusPredictor, rows: Indices, case: RankingCase, gains: tuple[float, ...]
) -> dict[float, Indices]:
    """Gain -> top lists [C, K], with the predictor's links. The logits of one chunk of moments at a time are in memory.

    Pushes away from rejected items are left out, as for the temperature (models.export.fitting).
    """
    lists = {gain: np.full((len(case), K), NO_ITEM, dtype=np.int64) for gain in gains}
    start = 0
    for moments in predictor.encode_moments(rows):
        part = np.arange(start, start + len(moments.rows))
        logits, recent = predictor.next_logits(moments.without_push()), predictor.recent_popularity(moments)
        for gain in gains:
            lists[gain][part] = rank_top(logits + np.float32(gain) * recent, case.seen[part], K)
        start += len(part)
    return lists
