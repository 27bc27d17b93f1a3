"""Cold items, by hand on three users, and the words that know them."""

import numpy as np
import pytest
from scipy import sparse

from models.evaluation.protocols import InteractionSet
from models.recipe.benchmark.cold_items import ColdItems
from models.recipe.benchmark.cold_lists import rank_among, remove_events
from models.recipe.benchmark.global_cut import GlobalCut
from models.recipe.benchmark.leave_out import hold_out
from models.recipe.benchmark.ordered_log import OrderedLog
from models.recipe.benchmark.run import write_requests
from models.recipe.benchmark.split import View, split_log
from models.recipe.benchmark.text_cosine import TextCosine, weigh_words
from tests.models.recipe.benchmark.test_methods import log

__all__ = ["log"]  # a fixture: the users had a b c d, a b d, and b c e b
COLD = np.array([False, True, False, True, False, True])
"""The items b, d and f."""


def test_events_of_cold_items_are_removed_and_their_lists_kept(log: OrderedLog) -> None:
    """The last item is d for two users. What they had of b is seen, though no history has it."""
    test = remove_events(hold_out(log, 1), COLD)
    assert test.items.tolist() == [0, 2, 0, 2, 4] and test.offsets.tolist() == [0, 2, 3, 5]
    assert test.case.users.tolist() == [0, 1]
    assert test.case.relevant.indices.tolist() == [3, 3]
    assert test.case.seen.toarray().astype(int).tolist() == [[1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0]]
    assert log.table["item_id"].to_pylist()[test.rows[-1]] == "e"


def test_the_cold_items_alone_are_candidates(log: OrderedLog) -> None:
    alone = rank_among(remove_events(hold_out(log, 1), COLD), COLD)
    assert alone.case.seen.toarray().astype(int).tolist() == [[1, 1, 1, 0, 1, 0]] * 2
    assert alone.items.tolist() == [0, 2, 0, 2, 4]


def test_the_service_is_asked_for_the_same_candidates(log: OrderedLog) -> None:
    test = remove_events(hold_out(log, 1), COLD)
    first, second = write_requests(View("all", test, test), log)
    assert (first.user_id, first.excluded, first.item_ids) == ("10", {"b"}, None)
    assert (second.user_id, second.excluded) == ("9", {"b"})
    alone = rank_among(test, COLD)
    named = write_requests(View("cold", alone, alone, named=True), log)
    assert [(request.excluded, request.item_ids) for request in named] == [(frozenset(), ("d", "f"))] * 2


def test_without_cold_items_nothing_is_excluded(log: OrderedLog) -> None:
    requests = write_requests(split_log(log, None).views[0], log)
    assert [request.excluded for request in requests] == [frozenset()] * 2


def test_a_seed_draws_the_same_share_of_the_items_with_events(log: OrderedLog) -> None:
    chosen = ColdItems(share=0.4, seed=3).choose(log.items, len(log.item_ids))
    assert chosen.sum() == 2 and not chosen[5], "item f has no event"
    assert (ColdItems(share=0.4, seed=3).choose(log.items, len(log.item_ids)) == chosen).all()
    draws = [ColdItems(share=0.2, seed=seed).choose(log.items, len(log.item_ids)) for seed in range(20)]
    assert np.any(draws, axis=0).sum() > 2 and all(draw.sum() == 1 for draw in draws)


def test_words_weigh_by_rarity_in_rows_of_length_one() -> None:
    """Of three texts "pen" is in two, "red" in two and "ink" in one; a word of one letter is none."""
    vectors = weigh_words(["Red pen, a red one", "pen & ink", ""]).toarray()
    two, one = np.log(4 / 3) + 1, np.log(4 / 2) + 1
    words = ["ink", "one", "pen", "red"]
    assert vectors.shape == (3, len(words))
    red = np.array([0, one, two, 2 * one])
    np.testing.assert_allclose(vectors[0], red / np.linalg.norm(red), rtol=1e-6)
    np.testing.assert_allclose(vectors[1], np.array([one, 0, two, 0]) / np.hypot(one, two), rtol=1e-6)
    assert (vectors[2] == 0).all()


def nothing() -> InteractionSet:
    return InteractionSet(*(np.zeros(0, dtype=np.int64),) * 2, np.zeros(0), 3, 3, timed=False)


def test_the_cosine_to_the_history_adds_its_items() -> None:
    vectors = sparse.csr_array(np.array([[1, 0], [0.6, 0.8], [0, 1]], dtype=np.float32))
    scores = TextCosine(vectors).fit(nothing())(sparse.csr_array(np.array([[1.0, 0, 0.5], [0, 0, 0]])))
    np.testing.assert_allclose(scores, [[1, 1, 0.5], [0, 0, 0]], rtol=1e-6)


def test_cold_items_need_leave_one_out(log: OrderedLog) -> None:
    with pytest.raises(ValueError, match="given a moment"):
        split_log(log, GlobalCut(share=0.1), ColdItems())
    with pytest.raises(ValueError, match="given an order"):
        split_log(log, GlobalCut(share=0.1))
