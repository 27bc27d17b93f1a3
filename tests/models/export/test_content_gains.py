"""The gain and level of content links by hand: what orders cold items, and what their level may cost."""

import numpy as np
from scipy import sparse

from models.contract.arrays import Floats
from models.evaluation.protocols import RankingCase
from models.export.content_gains import (
    DEEP_K,
    LEAST_LISTS,
    LEVELS,
    NO_CONTENT,
    SHARE,
    ColdLists,
    choose_content,
    draw_cold,
    drop_items,
)

ITEMS, COLD = 240, 40
"""The last 40 items are cold."""
LISTS = 60


def build_lists(sums: Floats, warm_logit: float) -> ColdLists:
    """Even lists want a warm item, which its logit puts first, and odd ones a cold item; others have random logits."""
    random = np.random.default_rng(0)
    wanted = np.array(
        [number % 150 if number % 2 == 0 else ITEMS - COLD + number % COLD for number in range(LISTS)]
    )
    logits = random.uniform(0, 1, (LISTS, ITEMS)).astype(np.float32)
    logits[:, ITEMS - COLD :] -= 1.5  # below all items with events
    even = np.arange(0, LISTS, 2)
    logits[even, wanted[even]] = warm_logit
    relevant = sparse.csr_array(
        (np.ones(LISTS, dtype=np.bool_), (np.arange(LISTS), wanted)), shape=logits.shape
    )
    case = RankingCase(np.arange(LISTS), sparse.csr_array(logits.shape, dtype=np.bool_), relevant)
    return ColdLists(case, logits, np.arange(ITEMS - COLD, ITEMS), sums, np.ones(LISTS, dtype=np.bool_))


def mark_cold() -> np.ndarray:
    return np.arange(ITEMS) >= ITEMS - COLD


def right_sums() -> Floats:
    """The wanted cold item of each odd list has the only links."""
    sums = np.zeros((LISTS, COLD), dtype=np.float32)
    odd = np.arange(1, LISTS, 2)
    sums[odd, odd % COLD] = 0.02
    return sums


def test_links_that_tell_the_right_item_have_a_gain_and_bring_it_into_the_list() -> None:
    fit = choose_content([build_lists(right_sums(), warm_logit=9.0)], mark_cold())
    assert fit.gain > 0 and fit.after == 1 > fit.before
    assert fit.reached == 1 and fit.warm == 1


def test_the_level_leaves_the_lists_of_other_items() -> None:
    """Every cold item has the same link: a level above the warm item's logit would cost its list."""
    sums = right_sums() + np.float32(0.01)
    fit = choose_content([build_lists(sums, warm_logit=1.1)], mark_cold())
    assert fit.gain > 0 and fit.warm >= 0.995
    assert fit.level < max(LEVELS)


def test_links_that_tell_nothing_are_left_out() -> None:
    none = np.zeros((LISTS, COLD), dtype=np.float32)
    assert choose_content([build_lists(none, warm_logit=9.0)], mark_cold()) == NO_CONTENT


def test_few_lists_decide_nothing() -> None:
    lists = build_lists(right_sums(), warm_logit=9.0)
    few = lists.case.take(np.arange(2 * LEAST_LISTS - 2))
    assert choose_content([ColdLists(few, *_first(lists, len(few)))], mark_cold()) == NO_CONTENT


def _first(lists: ColdLists, count: int) -> tuple[Floats, np.ndarray, Floats, np.ndarray]:
    return lists.logits[:count], lists.linked, lists.sums[:count], lists.has_history[:count]


def test_a_share_of_the_items_with_events_is_made_cold() -> None:
    matrix = sparse.csr_array(np.eye(100, 2 * DEEP_K, dtype=np.bool_))
    cold = draw_cold(matrix)
    assert cold.sum() == SHARE * 100 and not cold[100:].any()
    kept = drop_items(matrix, cold)
    assert kept.nnz == 90 and not np.isin(kept.indices, np.flatnonzero(cold)).any()
