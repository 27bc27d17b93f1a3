"""The label sets of a live catalogue: of put items too, and read one by one where the table would be too large."""

from dataclasses import replace

import numpy as np
import pytest

from app.bundle.bundle import LoadedBundle
from app.bundle.item_columns import ItemRow
from models.contract.catalogue import Item
from models.ranking.label_rows import LabelRows

ROWS = np.array([3, 0, 80])


def put(bundle: LoadedBundle) -> LoadedBundle:
    """The bundle with another category of the first item, and with an item of two known ones."""
    row = ItemRow(bundle.catalogue.vectors[0].copy(), bundle.catalogue.text[0].copy())
    items = [Item("i0", {"genres": ("unheard of",)}), Item("new", {"genres": ("unheard of", "other")})]
    return replace(bundle, catalogue=bundle.catalogue.with_items(items, [row, row]))


@pytest.mark.parametrize("most_cells", [1 << 20, 1])
def test_the_sets_are_those_of_the_catalogue(
    learnt: LoadedBundle, monkeypatch: pytest.MonkeyPatch, most_cells: int
) -> None:
    monkeypatch.setattr("app.bundle.label_sets.MOST_CELLS", most_cells)
    bundle = learnt.fork()
    before = bundle.label_sets.of_rows(bundle.catalogue, ROWS[:2])
    assert isinstance(before, LabelRows) == (most_cells > 1)
    assert list(before) == [bundle.catalogue.labels[row] for row in ROWS[:2]]
    changed = put(bundle)
    after = list(changed.label_sets.of_rows(changed.catalogue, ROWS))
    assert after == [changed.catalogue.labels[row] for row in ROWS]
    assert len(after[2]) == 2 and after[1] != before[1]
