"""Re-rankers are found by their registered names, and a new one needs no other edit."""

import numpy as np
import pytest

from models.ranking.registry import RERANKERS, UnknownRerankerError, find_reranker
from models.ranking.rerank import Diversity, rerank


def test_an_unknown_method_raises_and_the_message_lists_the_known():
    with pytest.raises(UnknownRerankerError, match="expected 'none', 'mmr' or 'dpp', given 'chance'"):
        find_reranker("chance")
    with pytest.raises(UnknownRerankerError):
        rerank(np.ones(1, dtype=np.float32), np.eye(1, dtype=np.float32), [frozenset()], Diversity("x"), 1)


def test_a_registered_toy_runs(monkeypatch):
    def reverse(relevance, _similar_to, _strength, n, _cap, _choose):
        return np.argsort(relevance, kind="stable")[:n]

    monkeypatch.setitem(RERANKERS, "reverse", reverse)
    scores, vectors = np.array([3, 1, 2], dtype=np.float32), np.eye(3, dtype=np.float32)
    reranked = rerank(scores, vectors, [frozenset()] * 3, Diversity("reverse"), 2)
    assert reranked.order.tolist() == [1, 2]
    assert reranked.relevance_cost == pytest.approx((3 + 2) / 2 - (1 + 2) / 2)
