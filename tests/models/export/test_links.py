"""The fits of item links: counted by hand, solved against the paper's formula, chosen on lists."""

import numpy as np
import pytest
from scipy import sparse

from models.contract.arrays import Floats, Indices
from models.evaluation.baselines.ease import item_weights
from models.export import regression as regression_module
from models.export.link_gains import GRID, NO_GAINS, LinkQuality, choose_gains, mean_shares
from models.export.regression import RegressionSettings, fit_regression
from models.export.strongest_links import LEAST, MOST, count_links, keep_strongest
from models.export.transitions import GAP_DECAY, PRIOR_EVENTS, count_pairs, fit_transitions

SQUARE = sparse.csr_array(
    np.array([[0, 3, -5, 1], [0, 0, 0, 0], [2, 2, 0, 0], [0, 0, 0, 1]], dtype=np.float32)
)


def to_dense(rows: np.ndarray, weights: Floats) -> Floats:
    """The table as a matrix [I, I]."""
    dense = np.zeros((len(rows), len(rows)), dtype=np.float32)
    for item, (columns, values) in enumerate(zip(rows, weights, strict=True)):
        np.add.at(dense[item], columns, values)
    return dense


def test_the_strongest_links_are_kept_by_magnitude() -> None:
    table = keep_strongest(SQUARE, 2)
    assert table.rows.tolist() == [[2, 1], [1, 1], [0, 1], [3, 3]]
    assert table.weights.tolist() == [[-5, 3], [0, 0], [2, 2], [1, 0]]


def test_large_catalogues_have_fewer_links_an_item() -> None:
    assert [count_links(items) for items in (1, 5, 1_500, 10_000, 1_000_000)] == [1, 4, MOST, 200, LEAST]


def test_transitions_count_later_items_of_the_same_user_by_distance() -> None:
    """Users 0 1 0 2 and 1 2: 0 -> 1 at gap 1, 0 -> 2 at gaps 1 and 3; an item does not follow itself."""
    items, offsets = np.array([0, 1, 0, 2, 1, 2]), np.array([0, 4, 6])
    expected = [[0, 1, 1 + GAP_DECAY**2], [1, 0, 1 + GAP_DECAY], [0, 0, 0]]
    np.testing.assert_allclose(count_pairs(items, offsets, 3).toarray(), expected)
    lift = to_dense(*fit_transitions(items, offsets, 3, 2))
    assert lift[0, 1] == pytest.approx(np.log1p(1 / (PRIOR_EVENTS * 2.5 / 7.5)))


def shop_matrix() -> sparse.csr_array:
    return sparse.csr_array(np.random.default_rng(3).random((60, 12)) < 0.3)


def test_without_content_the_regression_is_that_of_the_paper() -> None:
    """And its links are kept by magnitude."""
    matrix, none = shop_matrix(), np.zeros((12, 4), dtype=np.float32)
    expected = item_weights(matrix, 20.0)
    whole = to_dense(*fit_regression(matrix, none, RegressionSettings(20.0, 0.0), 11))
    np.testing.assert_allclose(whole, expected, atol=1e-5)
    kept = fit_regression(matrix, none, RegressionSettings(20.0, 0.0), 3)
    assert (np.sort(np.abs(kept.weights), axis=1) >= np.sort(np.abs(expected), axis=1)[:, -3:] - 1e-5).all()


def test_equal_content_links_items_that_nobody_took_together() -> None:
    """Items 0 and 1 have the same vector and different users."""
    matrix = sparse.csr_array(np.eye(4, dtype=np.bool_))
    content = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], dtype=np.float32)
    without = to_dense(*fit_regression(matrix, content, RegressionSettings(5.0, 0.0), 3))
    dense = to_dense(*fit_regression(matrix, content, RegressionSettings(5.0, 4.0), 3))
    assert not without.any()
    assert dense[0, 1] == pytest.approx(4 / (1 + 4 + 5), rel=1e-5)
    assert dense[0, 2] == dense[3, 0] == 0


def test_only_the_most_popular_items_are_in_the_regression(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regression_module, "MOST_ITEMS", 2)
    matrix = sparse.csr_array(np.array([[1, 0, 1], [1, 0, 1], [0, 1, 1]], dtype=np.bool_))
    dense = to_dense(*fit_regression(matrix, np.zeros((3, 1), np.float32), RegressionSettings(1.0, 0.0), 2))
    assert dense[0, 2] > 0
    assert not dense[1].any()
    assert not dense[:, 1].any()


def ndcg_of(better: dict[tuple[float, float], float], lists: int) -> Floats:
    """NDCG .1 of every point on every list, or more where it says so."""
    ndcg = np.full((len(GRID), lists), 0.1, dtype=np.float32)
    for point, value in better.items():
        ndcg[GRID.index(point)] = value
    return ndcg


def in_session(ndcg: Floats, lengths: Indices | None = None) -> LinkQuality:
    """Lists of users with 9 events, or as many as it says, none of whom returns."""
    count = ndcg.shape[1]
    return LinkQuality(
        ndcg, np.full(count, 9) if lengths is None else lengths, np.zeros(count, dtype=np.bool_)
    )


def test_a_class_with_enough_lists_gets_gains_of_its_own() -> None:
    """Short histories gain by the regression, long ones by transitions; the few of 50 or more take the best of all."""
    lengths = np.repeat([2, 20, 60], [200, 150, 30])
    ndcg = ndcg_of({(0.4, 0.0): 0.12}, 380)
    ndcg[GRID.index((0.0, 20.0)), :200] = 0.2
    gains = choose_gains([in_session(ndcg, lengths)])
    assert gains.at(2, returning=False) == (0, 20)
    assert gains.at(20, returning=False) == (0.4, 0)
    assert gains.at(60, returning=False) == (0, 20)
    assert gains.returning == (0, 0)


def test_who_returns_has_gains_of_their_own() -> None:
    """Within a session transitions are better, after a pause the regression; 19 lists of a protocol are not asked."""
    ndcg = ndcg_of({(0.4, 0.0): 0.12}, 300)
    ndcg[:, 200:] = ndcg_of({(0.0, 10.0): 0.12}, 100)
    few = LinkQuality(ndcg_of({(1.6, 0.0): 0.9}, 19), np.full(19, 9), np.ones(19, dtype=np.bool_))
    gains = choose_gains([LinkQuality(ndcg, np.full(300, 9), np.arange(300) >= 200), few])
    assert gains.returning == gains.at(9, returning=True) == (0, 10)
    assert gains.at(9, returning=False) == (0.4, 0)


def test_links_that_gain_nothing_are_off() -> None:
    assert choose_gains([in_session(ndcg_of({}, 200))]).is_off
    assert NO_GAINS.is_off


def test_no_gain_is_bought_with_the_lists_of_another_protocol() -> None:
    """Twice as good before each event, but whole lists lose: a smaller gain that is good for both is taken."""
    lists = ndcg_of({(1.6, 0.0): 0.098, (0.1, 0.0): 0.101}, 200)
    events = ndcg_of({(1.6, 0.0): 0.2, (0.1, 0.0): 0.11}, 200)
    assert choose_gains([in_session(lists), in_session(events)]).at(9, returning=False) == (0.1, 0.0)


def test_protocols_count_alike_whatever_their_level() -> None:
    """Half as good again in one protocol and a tenth better in the other: .3 more."""
    low, high = ndcg_of({(0.1, 0.0): 0.15}, 100), ndcg_of({(0.1, 0.0): 0.11}, 100) * 8
    assert mean_shares([low, high])[GRID.index((0.1, 0.0))] == pytest.approx(1.3)


def test_a_gain_that_chance_explains_is_not_taken() -> None:
    """A tenth more on average: on every list it is taken; among wins and losses ten times as large it is not."""
    point, random = (0.4, 0.0), np.random.default_rng(3)
    surely = ndcg_of({point: 0.11}, 120)
    by_chance = surely.copy()
    by_chance[GRID.index(point)] += random.permutation(np.repeat([-0.1, 0.1], 60)).astype(np.float32)
    assert choose_gains([in_session(surely)]).at(9, returning=False) == point
    assert choose_gains([in_session(by_chance)]).is_off


def test_a_protocol_that_gains_carries_one_that_only_does_not_lose() -> None:
    """A fifth more before each event, for sure; by chance a hundredth more at the cut, which alone would not do."""
    point, random = (0.4, 0.0), np.random.default_rng(3)
    cut = ndcg_of({point: 0.101}, 120)
    cut[GRID.index(point)] += random.permutation(np.repeat([-0.05, 0.05], 60)).astype(np.float32)
    assert choose_gains([in_session(cut)]).is_off
    events = ndcg_of({point: 0.12}, 120)
    assert choose_gains([in_session(cut), in_session(events)]).at(9, returning=False) == point
