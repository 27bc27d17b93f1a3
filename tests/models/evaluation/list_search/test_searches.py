"""The searches find the best list where all lists can be tried, and greedy re-ranking comes near them where not."""

from itertools import permutations

import numpy as np
import pytest

from models.evaluation.list_search.annealing import anneal
from models.evaluation.list_search.comparison import compare_with_searches
from models.evaluation.list_search.draws import change_lists, draw_lists
from models.evaluation.list_search.genetic import breed
from models.evaluation.list_search.list_value import LIST_VALUES
from models.evaluation.served_lists import ScoredList
from models.ranking.similarity import Similarity

SEARCHES = [anneal, breed]


def made_list(seed: int, count: int) -> ScoredList:
    """Candidates of five kinds around directions of their own, as retrieval finds them."""
    random = np.random.default_rng(seed)
    kinds = random.integers(5, size=count)
    vectors = random.standard_normal((5, 16))[kinds] + random.standard_normal((count, 16))
    labels = [frozenset({f"k{kind}", f"g{random.integers(8)}"}) for kind in kinds.tolist()]
    return ScoredList(
        np.arange(count), random.random(count).astype(np.float32), vectors.astype(np.float32), labels
    )


def ranked(one: ScoredList) -> np.ndarray:
    return np.argsort(-one.scores, kind="stable")


@pytest.mark.parametrize("method", list(LIST_VALUES))
@pytest.mark.parametrize("seed", [1, 2])
def test_of_all_lists_the_best_is_found(method: str, seed: int) -> None:
    one = made_list(seed, 8)
    similarity = Similarity.of(one.vectors, one.labels).among(np.arange(8))
    value = LIST_VALUES[method](one.scores, similarity, 0.6)
    best = value(np.array(list(permutations(range(8), 4)))).max()
    found = np.array([search(value, ranked(one), 4, np.random.default_rng(seed)) for search in SEARCHES])
    assert all(len(set(row)) == 4 for row in found.tolist())
    assert value(found).max() == pytest.approx(best)
    assert value(found).min() >= 0.98 * best  # the other one comes near


@pytest.mark.parametrize("search", SEARCHES)
def test_the_same_seed_gives_the_same_list(search) -> None:
    one = made_list(3, 50)
    value = LIST_VALUES["mmr"](one.scores, Similarity.of(one.vectors, one.labels).among(np.arange(50)), 0.3)
    first, second = (search(value, ranked(one), 10, np.random.default_rng(9), 50) for _ in range(2))
    assert first.tolist() == second.tolist()


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 0), (1, 10), (4, 10)])
def test_short_lists_have_every_candidate(search, count: int, n: int) -> None:
    one = made_list(4, count)
    similarity = np.eye(count, dtype=np.float32)
    value = LIST_VALUES["dpp"](one.scores, similarity, 0.5)
    found = search(value, ranked(one), n, np.random.default_rng(0), 20)
    assert len(found) == len(set(found.tolist())) == min(count, n)


def test_changes_keep_items_distinct() -> None:
    random = np.random.default_rng(6)
    order = np.arange(12)[::-1]
    lists = draw_lists(order, 10, 50, random)
    assert lists[0].tolist() == order[:10].tolist()
    for _ in range(20):
        changed = change_lists(lists, order, random)
        assert all(len(set(row)) == 10 for row in changed.tolist())
        assert ((changed != lists).sum(axis=1) <= 2).all()  # one place, or two that swap
        lists = changed


@pytest.mark.parametrize("method", list(LIST_VALUES))
def test_greedy_reaches_19_parts_of_20_of_the_searches(method: str) -> None:
    lists = [made_list(seed, 300) for seed in range(4)]
    found = compare_with_searches(lists, method, 0.3, 10)
    assert found.lists == 4
    assert found.by_relevance < found.greedy <= 1.001 * max(found.annealing, found.genetic)
    assert found.share is not None and found.share >= 0.95
    assert found.least_share is not None and found.least_share >= 0.95
    assert found.share_of_gain is not None and 0.5 < found.share_of_gain <= 1.001
