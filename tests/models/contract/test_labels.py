"""An item's hot labels by hand."""

import pytest

from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.labels import category_labels, hot_labels, hot_table, label_field, read_labels
from models.contract.tasks import Head, Task
from models.contract.vocabulary import Vocabulary

HEAD = Head(task=Task(name="genre", kind="multilabel", label=" item.genres "), classes=("Drama", "War"))


def test_by_hand():
    items = [
        Item("a", {"genres": ("War", "Western"), "brands": ("Drama",)}),
        Item("b"),
        Item("c", {"genres": ("Drama", "War")}),
        Item("d", {"genres": "Drama"}),
    ]
    assert hot_labels(HEAD, items).tolist() == [[0, 1], [0, 0], [1, 1], [1, 0]]
    assert hot_labels(HEAD, []).shape == (0, 2)


@pytest.mark.parametrize(
    ("label", "field"),
    [("item.genres", "genres"), (" item . genres ", "genres"), ("context.`day part`", "day part")],
)
def test_the_field_of_a_label(label: str, field: str):
    assert label_field(label) == field


def test_an_odd_field_name_is_found():
    head = Head(task=Task(name="genre", kind="multilabel", label="item.`main genre`"), classes=("War",))
    assert hot_labels(head, [Item("a", {"main genre": ("War",)}), Item("b")]).tolist() == [[1], [0]]


def test_labels_are_read_as_pairs():
    labels = read_labels([Item("a", {"g": ("y", "x")}), Item("b"), Item("c", {"g": "y"})], "g")
    assert (labels.count, labels.names) == (3, ("x", "y"))
    assert labels.items.tolist() == [0, 0, 2]
    assert labels.codes.tolist() == [1, 0, 1]
    assert hot_table(labels, ()).tolist() == [[0], [0], [0]]


def test_items_with_the_same_categories_share_their_labels():
    fields = (
        FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
        FieldSpec(name="moods", kind=FieldKind.CATEGORIES),
        FieldSpec(name="studio", kind=FieldKind.CATEGORICAL),
    )
    spec = FeatureSpec(
        timed=True, history_length=1, item_ids=Vocabulary(), actions=Vocabulary(), item_fields=fields
    )
    items = [
        Item("1", {"genres": ("war", "love"), "moods": ("sad",), "studio": "A"}),
        Item("2", {"genres": ("war", "love"), "moods": ("sad",)}),
        Item("3", {"moods": ("love",)}),
        Item("4"),
    ]
    labels = category_labels(spec, items)
    assert labels == [{"war", "love", "sad"}, {"war", "love", "sad"}, {"love"}, frozenset()]
    assert labels[0] is labels[1]
