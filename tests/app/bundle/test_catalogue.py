"""The live item table: what a view promises while the store behind it grows."""

import numpy as np
import pytest

from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemRow
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.tasks import Head, Task
from models.contract.vocabulary import Vocabulary

SPEC = FeatureSpec(
    timed=True,
    history_length=5,
    item_ids=Vocabulary(tokens=("a", "b")),
    actions=Vocabulary(tokens=("view",)),
    item_fields=(
        FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
        FieldSpec(name="tags", kind=FieldKind.CATEGORIES),
        FieldSpec(name="title", kind=FieldKind.TEXT),
    ),
)
HEADS = (
    Head(task=Task(name="genre", kind="multilabel", label="item.genres"), classes=("drama", "comedy")),
    Head(task=Task(name="like", kind="binary", label="value >= 4")),
)


def item(item_id: str, *genres: str, **attributes: tuple[str, ...]) -> Item:
    return Item(item_id, {"genres": genres, **attributes})


def row(value: float) -> ItemRow:
    return ItemRow(vector=np.full(3, value, np.float32), text=np.full(2, value, np.float32))


@pytest.fixture
def catalogue() -> Catalogue:
    """Items a (drama) and b (comedy), whose vectors are ones and twos."""
    columns = (
        np.array([[1, 1, 1], [2, 2, 2]], np.float32),
        np.zeros((2, 2), np.float32),
        np.array([[3, 4, 5], [6, 7, 8]], np.float32),
    )
    return Catalogue.of(SPEC, HEADS, [item("a", "drama"), item("b", "comedy", tags=("new",))], columns)


def test_a_view_keeps_its_length_while_a_hundred_items_come(catalogue: Catalogue) -> None:
    views = [catalogue]
    for number in range(100):
        views.append(views[-1].with_item(item(f"n{number}", "comedy"), row(number)))
    for length, view in enumerate(views, start=2):
        assert len(view) == len(view.items) == length
        for column in (view.vectors, view.text, view.statistics, view.available, view.present):
            assert len(column) == length
        assert view.row(f"n{length - 2}") is None and f"n{length - 2}" not in view
        assert view.vectors[0].tolist() == [1, 1, 1]
    last = views[-1]
    assert last.version == 100
    assert [last.vectors[2 + number, 0] for number in range(100)] == list(range(100))
    assert [last.ids[last.row(f"n{number}")] for number in range(100)] == [f"n{n}" for n in range(100)]
    assert last.fresh.tolist() == list(range(2, 102))
    assert catalogue.fresh.tolist() == []


def test_a_new_item_has_no_statistics_and_its_own_labels(catalogue: Catalogue) -> None:
    view = catalogue.with_item(item("c", "drama", "western", tags=("new",)), row(3))
    assert view.statistics[2].tolist() == [0, 0, 0]
    assert view.labels[2] == {"drama", "western", "new"}
    assert view.head_labels("genre", np.array([0, 1, 2])).tolist() == [[1, 0], [0, 1], [1, 0]]


def test_a_replaced_item_keeps_row_and_statistics(catalogue: Catalogue) -> None:
    view = catalogue.with_item(Item("a", {"genres": ("comedy",)}, available=False), row(9))
    assert (len(view), view.row("a"), view.version) == (2, 0, 1)
    assert view.vectors[0].tolist() == [9, 9, 9] and view.text[0].tolist() == [9, 9]
    assert view.statistics[0].tolist() == [3, 4, 5]
    assert view.head_labels("genre", np.array([0])).tolist() == [[0, 1]]
    assert view.available.tolist() == [False, True] and view.present.tolist() == [True, True]
    assert view.item(0).attributes == {"genres": ("comedy",)}
    assert view.fresh.tolist() == [0]


def test_a_deleted_item_is_gone_but_histories_still_find_its_row(catalogue: Catalogue) -> None:
    view = catalogue.without("a")
    assert "a" not in view and view.row("a") == 0
    assert view.available.tolist() == view.present.tolist() == [False, True]
    assert view.version == 1 and len(view) == 2


def test_a_deleted_item_may_be_put_again(catalogue: Catalogue) -> None:
    view = catalogue.without("b").with_item(item("b", "drama"), row(7))
    assert "b" in view and view.row("b") == 1 and len(view) == 2
    assert view.available[1] and view.vectors[1].tolist() == [7, 7, 7]


def test_deleting_what_is_not_there_changes_nothing_but_the_version(catalogue: Catalogue) -> None:
    view = catalogue.without("nobody")
    assert (len(view), view.version) == (2, 1) and view.available.all()


def test_columns_of_other_lengths_are_refused() -> None:
    short = np.zeros((1, 3), np.float32)
    with pytest.raises(ValueError, match=r"expected columns of 2 items, given \[1, 2, 2\]"):
        whole = np.zeros((2, 3), np.float32)
        Catalogue.of(SPEC, HEADS, [item("a"), item("b")], (short, whole, whole))


def test_many_items_make_one_change(catalogue: Catalogue) -> None:
    items = [item("b", "drama"), item("c", "comedy"), Item("d", {"genres": ("drama",)}, available=False)]
    view = catalogue.with_items(items, [row(5), row(6), row(7)])
    assert (len(view), view.version, view.fresh.tolist()) == (4, 1, [1, 2, 3])
    assert view.vectors[:, 0].tolist() == [1, 5, 6, 7] and view.text[:, 1].tolist() == [0, 5, 6, 7]
    assert view.available.tolist() == [True, True, True, False] and view.present.all()
    assert view.statistics.tolist() == [[3, 4, 5], [6, 7, 8], [0, 0, 0], [0, 0, 0]]
    assert view.head_labels("genre", np.arange(4)).tolist() == [[1, 0], [1, 0], [0, 1], [1, 0]]
    assert view.labels[1] == {"drama"} and view.item(2).item_id == "c"
    again = view.with_items([item("a"), item("c")], [row(8), row(9)])
    assert again.fresh.tolist() == [0, 1, 2, 3] and view.fresh.tolist() == [1, 2, 3]
    assert view.with_items([], []) is view


def test_a_change_that_fails_changes_nothing(catalogue: Catalogue) -> None:
    """The second row is of another model: the first item is not half put either."""
    wide = ItemRow(np.ones(4, np.float32), np.ones(2, np.float32))
    scalar = ItemRow(np.ones((), np.float32), np.ones(2, np.float32))
    for bad in ([row(5), wide], [wide, wide], [scalar, scalar], [row(5)]):
        with pytest.raises(ValueError, match=r"shape|expected vectors"):
            catalogue.with_items([item("a", "comedy"), item("new", "drama")], bad)
        assert catalogue.store.ids == ["a", "b"] and len(catalogue.items) == 2
        assert catalogue.vectors[:, 0].tolist() == [1, 2]
        assert catalogue.labels == [{"drama"}, {"comedy", "new"}]
        assert catalogue.head_labels("genre", np.array([0])).tolist() == [[1, 0]]


def test_an_item_that_the_store_has_keeps_its_row(catalogue: Catalogue) -> None:
    """A view that did not come to be, as its request failed, leaves no second row of an item."""
    catalogue.with_items([item("x"), item("y")], [row(3), row(4)])
    view = catalogue.with_items([item("y", "drama")], [row(5)])
    assert (len(view), view.row("x"), view.row("y")) == (4, 2, 3)
    assert view.store.ids == ["a", "b", "x", "y"] and view.vectors[3, 0] == 5


def test_a_fork_is_as_loaded_whatever_changed_before(catalogue: Catalogue) -> None:
    view = catalogue.with_items([item("b", "drama"), item("c", "comedy")], [row(5), row(6)])
    view = view.without("a").with_items([item("b", "western")], [row(7)])
    fork = view.fork()
    assert (len(fork), fork.version, fork.fresh.tolist()) == (2, 0, [])
    assert list(fork.ids) == ["a", "b"] and "c" not in fork and fork.row("c") is None
    assert fork.vectors.tolist() == [[1, 1, 1], [2, 2, 2]] and fork.text.tolist() == [[0, 0], [0, 0]]
    assert fork.statistics.tolist() == [[3, 4, 5], [6, 7, 8]]
    assert fork.available.all() and fork.present.all()
    assert fork.labels == [{"drama"}, {"comedy", "new"}] and fork.item(1) == item(
        "b", "comedy", tags=("new",)
    )
    assert fork.head_labels("genre", np.arange(2)).tolist() == [[1, 0], [0, 1]]


def test_a_fork_and_its_origin_do_not_see_each_others_changes(catalogue: Catalogue) -> None:
    fork = catalogue.fork()
    changed = fork.with_items([item("a", "comedy"), item("c")], [row(8), row(9)]).without("b")
    assert catalogue.vectors[:, 0].tolist() == [1, 2] and catalogue.present.all()
    assert catalogue.labels[0] == {"drama"} and catalogue.row("c") is None
    own = catalogue.with_items([item("a", "western"), item("d")], [row(3), row(4)])
    assert changed.vectors[:, 0].tolist() == [8, 2, 9] and own.vectors[:, 0].tolist() == [3, 2, 4]
    assert (changed.row("d"), own.row("c")) == (None, None)
    assert changed.present.tolist() == [True, False, True] and own.present.all()
    assert changed.fork().vectors.tolist() == own.fork().vectors.tolist() == [[1, 1, 1], [2, 2, 2]]
