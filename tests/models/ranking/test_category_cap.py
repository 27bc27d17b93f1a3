"""The category cap holds as long as it can."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ranking.category_cap import CategoryCap
from models.ranking.exploration import pick_best
from models.ranking.label_overlap import multi_hot
from models.ranking.registry import RERANKERS
from models.ranking.similarity import Similarity


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 12),
    st.integers(0, 15),
    st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    st.integers(0, 2**32 - 1),
    st.sampled_from(list(RERANKERS)),
)
def test_the_cap_holds_while_it_can(k, n, strength, seed, method):
    rng = np.random.default_rng(seed)
    labels = [frozenset(rng.choice(list("abcd"), rng.integers(0, 3)).tolist()) for _ in range(k)]
    relevance = rng.random(k).astype(np.float32)
    similarity = Similarity.of(rng.standard_normal((k, 4)).astype(np.float32), labels)
    cap = CategoryCap(multi_hot(labels)[0], 1)
    order = RERANKERS[method](relevance, similarity.to, strength, n, cap, pick_best).tolist()
    assert len(order) == min(n, k)
    counts = Counter[str]()
    for step, position in enumerate(order):
        most = max((counts[label] for label in labels[position]), default=0)
        left = set(range(k)) - set(order[:step])
        rivals = [max((counts[label] for label in labels[other]), default=0) for other in left]
        # over the cap: no candidate within it was left
        assert most == 0 or (most <= cap.most - 1 and min(rivals) >= 1)
        counts.update(labels[position])
    assert cap.exceeded == (max(counts.values(), default=0) > 1)


def test_a_cap_below_one_is_refused():
    with pytest.raises(ValueError, match="expected at least 1 item a category, given 0"):
        CategoryCap(np.zeros((1, 1), dtype=np.float32), 0)
