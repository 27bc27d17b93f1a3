"""Stored targets by hand: what they give back, how little they hold, how classes are chosen."""

import numpy as np
import pytest

from models.contract.catalogue import Item
from models.contract.labels import read_labels
from models.heads import targets
from models.heads.targets import (
    Targets,
    build_number_targets,
    fit_class_targets,
    fit_item_targets,
    select_frequent,
)

TRAIN = np.array([0, 1, 2])
ITEMS = [Item("A", {"g": ("x", "y")}), Item("B", {"g": ("x",)}), Item("C"), Item("D", {"g": ("z",)})]


def numbers() -> Targets:
    return build_number_targets(
        np.array([2.5, np.nan, 0.0, 7.0]), np.array([True, False, True, True])
    ).targets


def classes() -> Targets:
    return fit_class_targets(("p", "q", "r"), np.array([1, -1, 0, 2]), TRAIN).targets


def labels() -> Targets:
    return fit_item_targets(read_labels(ITEMS, "g"), np.array([1, 0, 2, 3]), TRAIN).targets


def test_numbers():
    found = numbers()
    assert found.at(np.arange(4)).tolist() == [[2.5], [0], [0], [7]]
    assert found.has_target(np.arange(4)).tolist() == [True, False, True, True]
    assert found.by_item is None


def test_classes_of_the_training_rows():
    found = fit_class_targets(("p", "q", "r"), np.array([1, -1, 0, 2]), TRAIN)
    assert found.classes == ("p", "q")
    assert found.targets.at(np.arange(4)).tolist() == [[0, 1], [0, 0], [1, 0], [0, 0]]
    assert found.targets.has_target(np.arange(4)).tolist() == [True, False, True, False]  # training met no r


def test_labels_of_the_items():
    found = fit_item_targets(read_labels(ITEMS, "g"), np.array([1, 0, 2, 3]), TRAIN)
    assert found.classes == ("x", "y")
    assert found.targets.by_item.tolist() == [[1, 1], [1, 0], [0, 0], [0, 0]]
    assert found.targets.at(np.arange(4)).tolist() == [[1, 0], [1, 1], [0, 0], [0, 0]]
    assert found.targets.has_target(np.arange(4)).tolist() == [
        True,
        True,
        False,
        True,
    ]  # D is known to be no x


@pytest.mark.parametrize("make", [numbers, classes, labels])
def test_rows_may_have_any_shape_and_order(make):
    found = make()
    rows = np.array([[3, 0], [1, 1]])
    order = np.array([3, 1, 0])
    assert found.at(rows).dtype == np.float32
    assert found.at(rows).shape[:2] == found.has_target(rows).shape == (2, 2)
    np.testing.assert_array_equal(found.at(rows)[1, 0], found.at(np.array([1]))[0])
    np.testing.assert_array_equal(found.reorder(order).at(np.arange(3)), found.at(order))
    np.testing.assert_array_equal(found.reorder(order).has_target(np.arange(3)), found.has_target(order))
    assert not found.at(rows)[~found.has_target(rows)].any()  # 0 where unknown


def test_an_interaction_costs_a_few_bytes_however_many_labels_there_are():
    many = [Item(str(n), {"g": tuple(f"l{k}" for k in range(20))}) for n in range(3)]
    events = np.zeros(10_000, dtype=np.int64)
    made = (
        build_number_targets(events.astype(float), np.ones(10_000, np.bool_)),
        fit_class_targets(("p",), events, events),
        fit_item_targets(read_labels(many, "g"), events, events),
    )
    for fitted, most in zip(made, (5, 2, 4), strict=True):
        held = sum(array.nbytes for array in fitted.targets.arrays())
        assert held <= most * 10_000 + 1_000


def test_only_the_most_frequent_classes(monkeypatch: pytest.MonkeyPatch):
    assert select_frequent(("a", "b", "c", "d"), np.array([1, 0, 3, 3])) == ("a", "c", "d")
    monkeypatch.setattr(targets, "MAX_CLASSES", 2)
    assert select_frequent(("d", "c", "b", "a"), np.array([1, 5, 1, 0])) == ("b", "c")  # b before d by name
