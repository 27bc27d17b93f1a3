"""How much recent popularity counts in a whole list: one number, fitted on validation."""

import numpy as np
import torch

from models.contract.features import Indices
from models.evaluation.cases import RankingCase
from models.evaluation.moments import Reader
from models.evaluation.ranking import accuracy, recommend_all

GAINS = (0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0)
"""Tried on validation; 0 leaves the network as it was trained."""


def fit_recency_gain(reader: Reader, rows: Indices, case: RankingCase) -> dict[float, float]:
    """Set the network's `recency_gain` to the best of GAINS by NDCG@10; returns what each of them reached.

    `rows` [C] are the moments at which the case's lists begin; without lists the gain stays 0.
    """
    gain = reader.network.items.recency_gain
    found = {}
    for candidate in GAINS if reader.corpus.spec.timed and len(case) else GAINS[:1]:
        gain.fill_(candidate)
        parts = [reader.next_logits(moments) for moments in reader.moments(rows)]
        logits = np.concatenate(parts) if parts else np.zeros(case.seen.shape, dtype=np.float32)
        lists = recommend_all(lambda batch, scores=logits: scores[batch], case)  # type: ignore[misc]
        found[candidate] = accuracy(lists, case).ndcg
    with torch.no_grad():
        gain.fill_(max(found, key=lambda candidate: (found[candidate], -candidate)))
    return found
