"""An item's hot labels by hand."""

from models.contract.catalogue import Item
from models.contract.labels import hot_labels
from models.contract.tasks import Head, Task, TaskKind

HEAD = Head(
    task=Task(name="genre", kind=TaskKind.MULTILABEL, label=" item.genres "), classes=("Drama", "War")
)


def test_by_hand():
    items = [
        Item("a", {"genres": ("War", "Western"), "brands": ("Drama",)}),
        Item("b"),
        Item("c", {"genres": ("Drama", "War")}),
        Item("d", {"genres": "Drama"}),
    ]
    assert hot_labels(HEAD, items).tolist() == [[0, 1], [0, 0], [1, 1], [1, 0]]
    assert hot_labels(HEAD, []).shape == (0, 2)
