"""How much recent popularity counts in a whole list: one number, fitted on validation."""

import numpy as np
import torch

from models.contract.arrays import Indices
from models.evaluation.full_ranking import K, mean_ndcg, rank_top
from models.evaluation.inference import CorpusPredictor
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.protocols import RankingCase

GAINS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Tried on validation; 0 leaves the network as it was trained."""


def fit_recency_gain(predictor: CorpusPredictor, rows: Indices, case: RankingCase) -> dict[float, float]:
    """Set the network's `recency_gain` to the best of GAINS by NDCG@10; returns what each of them reached.

    `rows` [C] are the moments at which the case's lists begin; without lists the gain stays 0.
    """
    gain = predictor.network.items.recency_gain
    gains = GAINS if predictor.corpus.spec.timed and len(case) else GAINS[:1]
    with torch.no_grad():
        gain.fill_(0)
        ndcg = {one: mean_ndcg(lists, case) for one, lists in _lists(predictor, rows, case, gains).items()}
        gain.fill_(max(ndcg, key=lambda candidate: (ndcg[candidate], -candidate)))
    return ndcg


def _lists(
    predictor: CorpusPredictor, rows: Indices, case: RankingCase, gains: tuple[float, ...]
) -> dict[float, Indices]:
    """Gain -> top lists [C, K]; the logits of one chunk of moments at a time are held, not all of them."""
    lists = {one: np.full((len(case), K), NO_ITEM, dtype=np.int64) for one in gains}
    at = 0
    for moments in predictor.encode_moments(rows):
        part = np.arange(at, at + len(moments.rows))
        logits, recent = predictor.next_logits(moments), predictor.recent_popularity(moments)
        for one in gains:
            lists[one][part] = rank_top(logits + np.float32(one) * recent, case.seen[part], K)
        at += len(part)
    return lists
