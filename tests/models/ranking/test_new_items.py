"""Places for new items: the due ones by hand, no more given than the share, within caps, with exact propensities."""

from dataclasses import replace

import numpy as np
import pytest

from models.contract.arrays import Floats, Indices
from models.ranking.exploration import Exploration, Policy, find_shares
from models.ranking.kept import rerank_below
from models.ranking.new_items import NewItems
from models.ranking.rerank import Diversity, RerankedList, rerank
from models.ranking.tiers import Pool, rerank_tiers

K = 40
SCORES = np.linspace(1, 0, K, dtype=np.float32)  # the candidate at position p is the p-th best
NEW = np.zeros(K, dtype=np.bool_)
NEW[[30, 32, 35, 38]] = True
PLAIN = Diversity("none", 0.0)


def vectors() -> Floats:
    return np.random.default_rng(0).standard_normal((K, 5)).astype(np.float32)


def with_share(
    share: float, diversity: Diversity = PLAIN, new: Indices | None = None, **more: int
) -> Diversity:
    marks = NEW if new is None else np.isin(np.arange(K), new)
    return replace(diversity, new=NewItems(marks, share, **more))


def choose(
    diversity: Diversity, n: int, labels: list[frozenset[str]] | None = None, scores: Floats = SCORES
) -> RerankedList:
    return rerank(scores, vectors(), labels or [frozenset()] * K, diversity, n)


def test_the_last_of_ten_places_is_for_the_best_new_item() -> None:
    """A share of .1: the places 10 and 20 are due, the order of all others stays."""
    chosen = choose(with_share(0.1), 25)
    assert chosen.order.tolist() == [*range(9), 30, *range(9, 18), 32, *range(18, 23)]
    assert chosen.given.tolist() == [30, 32]
    assert chosen.propensity is None, "nothing is drawn: every place is sure"


def test_a_short_list_has_no_due_place() -> None:
    plain = choose(PLAIN, 9)
    short = choose(with_share(0.1), 9)
    assert short.order.tolist() == plain.order.tolist() and short.given.tolist() == []
    assert choose(with_share(0.25), 9).order.tolist() == [0, 1, 2, 30, 3, 4, 5, 32, 6]


@pytest.mark.parametrize("share", [0.07, 0.1, 0.29, 0.3, 0.5])
def test_no_beginning_of_a_list_has_more_than_its_share(share: float) -> None:
    chosen = choose(with_share(share, new=np.arange(20, 40)), 20)
    given = np.cumsum(np.isin(chosen.order, chosen.given))
    places = np.arange(1, 21)
    assert (given <= share * places + 1e-9).all()
    assert given[-1] == int(share * 20 + 1e-9), "and the share is used"


def test_a_new_item_that_is_good_takes_the_due_place() -> None:
    """Position 3 is new and in the list anyway: no further place is due before the twentieth."""
    chosen = choose(with_share(0.1, new=np.array([3, 30, 31])), 20)
    assert chosen.order.tolist() == [*range(19), 30]
    assert chosen.given.tolist() == [30]


def test_new_items_that_are_good_are_not_held_back() -> None:
    """The twenty best are new: all have their places by their values, and none is given."""
    chosen = choose(with_share(0.1, new=np.arange(20)), 25)
    assert chosen.order.tolist() == list(range(25))
    assert chosen.given.tolist() == []


def test_what_stands_above_counts() -> None:
    """The second page of ten: with a new item above no place is due, without one the tenth and the first of it are."""
    assert choose(with_share(0.1, above=10, new_above=1), 10).given.tolist() == [30]
    assert choose(with_share(0.1, above=10, new_above=2), 10).given.tolist() == []
    late = choose(with_share(0.1, above=10), 10)
    assert late.order.tolist() == [30, *range(8), 32]


def test_too_few_new_items_leave_their_places_to_others() -> None:
    chosen = choose(with_share(0.5, new=np.array([39])), 10)
    assert chosen.order.tolist() == [0, 39, *range(1, 9)]


def test_caps_hold_and_the_place_moves_down() -> None:
    """The best new items have a label of which the list has enough; the third best takes the place."""
    labels = [frozenset({"a"}) if p % 2 == 0 else frozenset({f"own {p}"}) for p in range(K)]
    chosen = choose(with_share(0.1, replace(PLAIN, max_per_category=2)), 10, labels)
    assert chosen.given.tolist() == [35] and chosen.order.tolist()[-1] == 35
    capped = ["a" in labels[p] for p in chosen.order.tolist()]
    assert sum(capped) == 2
    # Without an open new item at its place, the place is due as soon as there is one: never, here.
    none = choose(with_share(0.1, replace(PLAIN, max_per_category=2), np.array([30, 32])), 10, labels)
    assert none.given.tolist() == [] and len(none.order) == 10


def test_runs_hold() -> None:
    labels = [frozenset({"b"}) if NEW[p] else frozenset({"a"}) for p in range(K)]
    limited = with_share(0.5, replace(PLAIN, max_consecutive=1))
    chosen = choose(limited, 8, labels)
    names = [next(iter(labels[p])) for p in chosen.order.tolist()]
    assert names == ["a", "b"] * 4
    assert set(chosen.given.tolist()) == {30, 32, 35, 38}


@pytest.mark.parametrize("method", ["mmr", "dpp"])
def test_diversity_chooses_among_the_new(method: str) -> None:
    """The new item that is just like the first of the list loses its place to one that is not."""
    own = vectors()
    own[30] = own[0]
    diverse = with_share(0.25, Diversity(method, 0.7))
    chosen = rerank(SCORES, own, [frozenset()] * K, diverse, 4)
    assert NEW[chosen.order].tolist() == [False, False, False, True]
    assert chosen.order[3] != 30


def test_propensities_are_those_of_the_draw_at_each_place() -> None:
    """Under softmax: among the new ones where one is due, else among all."""
    exploration = Exploration(Policy.SOFTMAX, 0.5, 7)
    chosen = choose(with_share(0.25, replace(PLAIN, exploration=exploration)), 8)
    assert chosen.propensity is not None
    values = SCORES.astype(np.float64).copy()
    for place, (position, told) in enumerate(
        zip(chosen.order.tolist(), chosen.propensity.tolist(), strict=True), 1
    ):
        above = int(NEW[chosen.order[: place - 1]].sum())
        opened = np.where(NEW, values, -np.inf) if above < place // 4 else values
        assert (position in chosen.given.tolist()) == (above < place // 4)
        assert told == pytest.approx(find_shares(opened, 0.5)[position], rel=1e-5)
        values[position] = -np.inf


def test_draws_of_a_due_place_come_as_often_as_they_say() -> None:
    counts, said = np.zeros(K), np.zeros(K)
    for seed in range(2_000):
        exploration = Exploration(Policy.EPSILON, 0.4, seed)
        chosen = choose(with_share(0.5, replace(PLAIN, exploration=exploration), np.array([30, 31])), 2)
        if chosen.order[0] == 0:
            counts[chosen.order[1]] += 1
            assert chosen.propensity is not None
            said[chosen.order[1]] = chosen.propensity[1]
    np.testing.assert_allclose(said[[30, 31]], [0.8, 0.2], atol=1e-6)
    np.testing.assert_allclose(counts[[30, 31]] / counts.sum(), [0.8, 0.2], atol=0.04)


def test_what_meets_the_plan_comes_first() -> None:
    """Of 12 candidates in the first tier one is new; the second tier goes on counting."""
    first = np.zeros(K, dtype=np.bool_)
    first[[*range(11), 35]] = True
    pool = Pool(SCORES, vectors(), [frozenset()] * K)
    chosen = rerank_tiers(pool, first, with_share(0.1), 20)
    assert chosen.order.tolist() == [*range(9), 35, 9, 10, *range(11, 18), 30]
    assert chosen.given.tolist() == [35, 30]


def test_kept_items_count_and_stay_first() -> None:
    pool = Pool(SCORES, vectors(), [frozenset()] * K)
    chosen = rerank_below(pool, np.array([20, 30]), None, with_share(0.1), 20)
    assert chosen.order.tolist() == [20, 30, *range(17), 32], "one of the kept ones is new"
    assert chosen.given.tolist() == [32]
