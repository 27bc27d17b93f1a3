"""The baselines: by hand, and better than popularity where there is something to see."""

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.baselines import ease
from models.evaluation.baselines.ease import Ease, item_weights
from models.evaluation.baselines.item_knn import ItemNeighbours, nearest_similarities
from models.evaluation.baselines.popularity import Popularity
from models.evaluation.baselines.recent_popularity import RecentPopularity
from models.evaluation.baselines.registry import BASELINES
from models.evaluation.baselines.selection import fit_baselines
from models.evaluation.full_ranking import mean_ndcg, rank_lists, rank_top
from models.evaluation.protocols import build_cutoff_case

DAY = 86_400.0


def histories(*rows: list[int], n_items: int) -> sparse.csr_array:
    table = np.zeros((len(rows), n_items), dtype=bool)
    for number, row in enumerate(rows):
        table[number, row] = True
    return sparse.csr_array(table)


def order(scorer, history: list[int], n_items: int) -> list[int]:
    case = histories(history, n_items=n_items)
    return rank_top(scorer(case), sparse.csr_array(case.shape, dtype=bool), n_items)[0].tolist()


def test_popularity_and_recent_popularity_by_hand(make_log) -> None:
    log = make_log(
        [(0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0), (1, 1, 0), (0, 2, 5 * DAY), (0, 2, 6 * DAY)], 3, 4
    )
    assert order(Popularity().fit(log), [], 4) == [0, 1, 2, 3]
    assert order(RecentPopularity(3).fit(log), [], 4) == [2, 0, 1, 3]
    assert order(RecentPopularity(30).fit(log), [], 4) == [0, 1, 2, 3]
    assert order(RecentPopularity(None).fit(log), [], 4) == [0, 1, 2, 3]


def test_similarities_by_hand() -> None:
    # item 0: users 0, 1, 2; item 1: users 0, 1; item 2: user 2
    matrix = histories([0, 1], [0, 1], [0, 2], n_items=3)
    found = nearest_similarities(matrix, count=2, shrinkage=0).toarray()
    assert found == pytest.approx(
        np.array([[0, 2 / np.sqrt(6), 1 / np.sqrt(3)], [2 / np.sqrt(6), 0, 0], [1 / np.sqrt(3), 0, 0]])
    )
    shrunk = nearest_similarities(matrix, count=1, shrinkage=10).toarray()
    # the nearest of item 0 is 1; of 1 and of 2 it is 0: column i holds the neighbours of item i
    assert shrunk[:, 0] == pytest.approx([0, 2 / (np.sqrt(6) + 10), 0])
    assert shrunk[0, 2] == pytest.approx(1 / (np.sqrt(3) + 10))


def test_similarities_do_not_depend_on_the_block(monkeypatch) -> None:
    matrix = sparse.csr_array(np.random.default_rng(0).random((30, 11)) < 0.3)
    whole = nearest_similarities(matrix, 4, 10).toarray()
    monkeypatch.setattr("models.evaluation.baselines.item_knn.BLOCK", 3)
    assert np.array_equal(nearest_similarities(matrix, 4, 10).toarray(), whole)


def test_ease_solves_its_own_problem() -> None:
    """The minimum of |X - XB|^2 + penalty |B|^2 with a zero diagonal: off it, the gradient is zero."""
    matrix = sparse.csr_array(np.random.default_rng(0).random((40, 8)) < 0.3)
    weights = item_weights(matrix, 5.0).astype(float)
    x = matrix.toarray().astype(float)
    gradient = -x.T @ (x - x @ weights) + 5.0 * weights
    assert np.diag(weights) == pytest.approx(np.zeros(8))
    assert gradient[~np.eye(8, dtype=bool)] == pytest.approx(np.zeros(56), abs=1e-4)


@pytest.mark.parametrize("baseline", [ItemNeighbours(20, 0.0), Ease(10.0)])
def test_a_user_without_history_gets_the_popular_items(baseline, crowds) -> None:
    train = crowds.train
    assert order(baseline.fit(train), [], 60) == order(Popularity().fit(train), [], 60)
    assert order(baseline.fit(train), [1], 60) != order(Popularity().fit(train), [], 60)


def test_items_without_any_neighbour_come_last_by_popularity(make_log) -> None:
    log = make_log([(0, 0, 0), (0, 1, 0), (1, 2, 0), (2, 3, 0), (3, 3, 0)], 4, 4)
    assert order(ItemNeighbours(20, 0.0).fit(log), [0], 4) == [1, 3, 0, 2]


def test_personal_baselines_are_above_popularity_where_tastes_differ(crowds) -> None:
    case = build_cutoff_case(crowds.train_and_valid, crowds.test)
    baselines = fit_baselines(
        crowds.train, build_cutoff_case(crowds.train, crowds.valid), crowds.train_and_valid
    )
    assert baselines.refused == {}
    ndcg = {
        baseline.name: mean_ndcg(rank_lists(baseline.list_scorer(case), case), case)
        for baseline in baselines.fitted
    }
    assert list(ndcg) == ["popularity", "recent popularity", "item-kNN", "EASE"]
    assert min(ndcg["item-kNN"], ndcg["EASE"]) > ndcg["popularity"] + 0.2


def test_too_many_items_for_ease_are_refused_with_the_reason_and_the_rest_goes_on(
    crowds, monkeypatch
) -> None:
    monkeypatch.setattr(ease, "MOST_ITEMS", 59)
    baselines = fit_baselines(
        crowds.train, build_cutoff_case(crowds.train, crowds.valid), crowds.train_and_valid
    )
    assert [baseline.name for baseline in baselines.fitted] == ["popularity", "recent popularity", "item-kNN"]
    assert "at most 59 items" in baselines.refused["EASE"]


def test_the_window_is_the_one_that_is_best_on_validation(make_log) -> None:
    # item 1 ruled until day 20, item 2 in the last days; validation wants item 2
    old = [(user, 1, 0.0) for user in range(6)] + [(user, 1, 20 * DAY) for user in range(6, 9)]
    train_rows = [*old, (9, 2, 24 * DAY), (10, 2, 25 * DAY)]
    valid_rows = [(11, 2, 26 * DAY)]
    train, valid = make_log(train_rows, 12, 3), make_log(valid_rows, 12, 3)
    baselines = fit_baselines(
        train, build_cutoff_case(train, valid), make_log(train_rows + valid_rows, 12, 3)
    )
    assert baselines.fitted[1].settings == "3 days"


def test_without_times_recent_popularity_is_popularity(make_log) -> None:
    train = make_log([(0, 1, 0), (1, 1, 1), (2, 0, 2)], 3, 2, timed=False)
    assert [len(BASELINES[name](False)) for name in ("popularity", "recent popularity")] == [1, 1]
    baselines = fit_baselines(train, build_cutoff_case(train, make_log([], 3, 2, timed=False)), train)
    popular, recent = baselines.fitted[:2]
    case = histories([], n_items=2)
    assert np.array_equal(popular.scorer(case), recent.scorer(case))
