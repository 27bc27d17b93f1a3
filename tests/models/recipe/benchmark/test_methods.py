"""The baselines of the benchmark on three users, by hand, and the choice of their settings."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.evaluation.baselines.ease import Ease, item_weights
from models.evaluation.baselines.item_knn import ItemNeighbours
from models.evaluation.baselines.popularity import score_alike
from models.evaluation.baselines.protocol import Scorer
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.protocols import InteractionSet
from models.recipe.benchmark.data_sets import DATA_SETS, FoundDataSet
from models.recipe.benchmark.families import ALL
from models.recipe.benchmark.following import Following
from models.recipe.benchmark.held_out import HeldOut
from models.recipe.benchmark.leave_out import hold_out
from models.recipe.benchmark.methods import Family, rank_by_family, rank_with
from models.recipe.benchmark.ordered_log import OrderedLog, read_log
from models.recipe.benchmark.readings import Reading, weigh_histories
from models.recipe.benchmark.user_baseline import FromHistory, from_histories

LOG = {"10": ["a", "b", "c", "d"], "9": ["a", "b", "d"], "x": ["b", "c", "e", "b"]}
"""The last item of user x is a repetition."""


@pytest.fixture
def log(tmp_path: Path) -> OrderedLog:
    rows = [(user, step, item) for user, items in LOG.items() for step, item in enumerate(items)]
    users, steps, items = zip(*reversed(rows), strict=True)
    table = pa.table({"user_id": users, "position": steps, "item_id": items})
    pq.write_table(table, tmp_path / "interactions.parquet")
    pq.write_table(pa.table({"item_id": list("abcdef")}), tmp_path / "items.parquet")
    return read_log(FoundDataSet("tiny", DATA_SETS["amazon-office"], tmp_path))


def everyone(held_out: HeldOut) -> np.ndarray:
    return np.arange(len(held_out.case))


def test_the_log_is_read_by_user_and_oldest_first(log: OrderedLog) -> None:
    assert log.user_ids == ("10", "9", "x")
    assert log.item_ids == tuple("abcdef")
    assert log.items.tolist() == [0, 1, 2, 3, 0, 1, 3, 1, 2, 4, 1]
    assert log.offsets.tolist() == [0, 4, 7, 11]
    assert log.times is None
    assert log.table["item_id"].take(pa.array(log.rows)).to_pylist() == [
        item for items in LOG.values() for item in items
    ]


def test_a_table_without_ids_is_refused(tmp_path: Path, log: OrderedLog) -> None:
    pq.write_table(pa.table({"id": ["a"]}), tmp_path / "items.parquet")
    with pytest.raises(ValueError, match="item_id"):
        read_log(FoundDataSet("tiny", DATA_SETS["amazon-office"], tmp_path))


def test_the_last_item_is_held_out_and_a_repetition_has_no_list(log: OrderedLog) -> None:
    test = hold_out(log, 1)
    assert test.rows.tolist() == [10, 9, 8, 6, 5, 3, 2, 1]  # the file has the newest first
    assert test.case.users.tolist() == [0, 1]
    assert test.case.relevant.toarray().nonzero()[1].tolist() == [3, 3]
    assert test.case.seen.toarray().astype(int).tolist() == [[1, 1, 1, 0, 0, 0], [1, 1, 0, 0, 0, 0]]
    assert test.lengths().tolist() == [3, 2]


def test_the_last_but_one_is_held_out_without_the_last(log: OrderedLog) -> None:
    valid = hold_out(log, 2)
    assert valid.items.tolist() == [0, 1, 0, 1, 2]
    assert valid.case.relevant.indices.tolist() == [2, 1, 4]


def test_a_user_with_too_few_events_has_no_list(log: OrderedLog) -> None:
    assert hold_out(log, 3).case.users.tolist() == [0, 2]


def test_markov_ranks_by_what_followed_the_last_item(log: OrderedLog) -> None:
    """After c came e once, and after b came c twice; what never followed comes by popularity."""
    test = hold_out(log, 1)
    scorer = FromHistory(Following()).fit(test.interactions())
    lists = rank_with(scorer, Reading(1), test, everyone(test), 3)
    assert lists.tolist() == [[4, 3, 5], [2, 4, 3]]


def test_the_window_sums_transitions_over_the_last_items(log: OrderedLog) -> None:
    """Pairs 1 or 2 events apart, which count 1 and .8: a-b 2, a-c .8, b-c 2, b-e .8, c-e 1."""
    test = hold_out(log, 1)
    scorer = Following(gaps=2).fit(test.interactions())
    histories = weigh_histories(test.items, test.offsets, 6, Reading(2, 0.5))[test.case.users]
    scores = scorer(histories)
    tie = 1e-3 / 4 * np.array([2, 3, 2, 0, 1, 0])  # users of each item, the most are 3
    after_a, after_b = np.array([0, 2, 0.8, 0, 0, 0]) / 2.8, np.array([0, 0, 2, 0, 0.8, 0]) / 2.8
    after_c = np.array([0, 0, 0, 0, 1, 0])
    expected = np.array([0.5 * after_b + after_c, 0.5 * after_a + after_b])
    np.testing.assert_allclose(scores, expected + tie, rtol=1e-5)


def test_recency_weighs_the_rows_of_item_knn_and_ease(log: OrderedLog) -> None:
    """The users of a are 10 and 9, of b all three, of c 10 and x, of e x alone."""
    test = hold_out(log, 1)
    histories = weigh_histories(test.items, test.offsets, 6, Reading(30, 0.8))[test.case.users]
    knn = ItemNeighbours(5, 0.0).fit(test.interactions())(histories)
    e_of_b, e_of_c = 1 / np.sqrt(3), 1 / np.sqrt(2)
    np.testing.assert_allclose(knn[:, 4], [0.8 * e_of_b + e_of_c, e_of_b], rtol=1e-5)
    weights = item_weights(test.interactions().matrix(), 10.0)
    ease = Ease(10.0).fit(test.interactions())(histories)
    np.testing.assert_allclose(ease[0], 0.64 * weights[0] + 0.8 * weights[1] + weights[2], rtol=1e-5)


@dataclass(frozen=True)
class Always:
    """Scores one item above all others."""

    item: int

    @property
    def settings(self) -> str:
        return f"item {self.item}"

    def fit(self, interactions: InteractionSet) -> Scorer:
        return score_alike(np.eye(interactions.n_items, dtype=np.float32)[self.item])


def test_settings_are_chosen_on_the_last_but_one(log: OrderedLog) -> None:
    """Item e is the last but one of user x, and item d the last of the other two."""
    valid, test = hold_out(log, 2), hold_out(log, 1)
    family = Family(
        from_histories([Always(5), Always(3), Always(4)]), {"all": ALL, "recent": (Reading(2, 0.5),)}
    )
    first, second = rank_by_family(family, valid, test, 8)
    assert (first.name, first.settings) == ("all", "item 4")
    assert (second.name, second.settings) == ("recent", "item 4; last 2, recency 0.5")
    assert first.lists[:, 0].tolist() == [4, 4]
    assert (first.lists[0, 3:] == NO_ITEM).all()  # three items are new to user 10
