"""Slices of lists, by hand on four users."""

import numpy as np
import pytest

from models.evaluation.protocols import RankingCase, pairs_matrix
from models.recipe.benchmark.held_out import HeldOut
from models.recipe.benchmark.slices import BY_LENGTH, BY_POPULARITY, divide, divide_ages, slice_lists

ITEMS = 30
HISTORIES = [[0], [0, 1, 2, 3], [0, 1, 2, 3, 4], []]
RELEVANT = [[5], [5, 4], [6], [0]]
"""Item 4 has one training event, item 0 three, and the items 5 and 6 none."""


def four_users() -> HeldOut:
    lengths = [len(history) for history in HISTORIES]
    items = np.concatenate(HISTORIES).astype(np.int64)
    shape = (4, ITEMS)
    seen = pairs_matrix(np.repeat(np.arange(4), lengths), items, shape)
    users = np.repeat(np.arange(4), [len(items) for items in RELEVANT])
    case = RankingCase(np.arange(4), seen, pairs_matrix(users, np.concatenate(RELEVANT), shape))
    return HeldOut(items, np.cumsum([0, *lengths]), np.arange(len(items)), case)


def test_every_list_is_in_one_slice_by_length_and_in_one_for_each_class_of_its_items() -> None:
    """All lists begin with item 4 and then 5: user 0 has the item at the second place, user 1 both, the others none."""
    lists = np.tile([4, 5, *range(7, 15)], (4, 1))
    slices = slice_lists(four_users(), {"m": lists})
    second = 1 / np.log2(3)
    assert [(part.by, part.part, part.lists) for part in slices] == [
        (BY_LENGTH, "0", 1),
        (BY_LENGTH, "1-4", 2),
        (BY_LENGTH, "5-14", 1),
        (BY_POPULARITY, "0", 3),
        (BY_POPULARITY, "1-9", 2),
    ]
    expected = [0, (1 + second) / 2, 0, 2 * second / 3, 0.5]
    assert [part.ndcg_at_10["m"] for part in slices] == pytest.approx(expected)


def test_classes_hold_every_value_once() -> None:
    values = np.array([0, 1, 4, 5, 14, 900])
    classes = dict(divide(values, (0, 1, 5, 15)))
    assert list(classes) == ["0", "1-4", "5-14", "15+"]
    assert np.stack(list(classes.values())).sum(axis=0).tolist() == [1] * 6
    assert np.flatnonzero(classes["1-4"]).tolist() == [1, 2]


def test_every_item_has_one_class_of_age() -> None:
    ages = np.array([np.nan, 0.0, 0.9, 1.0, 6.5, 30.0, 4000.0, np.inf])
    classes = dict(divide_ages(ages))
    assert np.stack(list(classes.values())).sum(axis=0).tolist() == [1] * len(ages)
    found = {name: np.flatnonzero(mask).tolist() for name, mask in classes.items()}
    assert found == {
        "no event": [0], "0": [1, 2], "1-6": [3, 4], "7-29": [], "30-89": [5], "90+": [6], "before the log": [7]
    }  # fmt: skip
