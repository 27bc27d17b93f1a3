"""Packed items answer as the items themselves do: columns, labels, titles, changes, and forks."""

from pathlib import Path

import numpy as np
import pytest

from app.bundle.attribute_index import AttributeIndex
from app.bundle.attribute_table import build_column
from app.bundle.catalogue import Catalogue
from app.bundle.item_columns import ItemRow
from app.bundle.item_lines import ItemLines
from app.bundle.packed_columns import PackedTitles, unpack_column
from app.bundle.record_files import open_item_lines
from models.contract.arrays import Floats
from models.contract.bundle import BundleError
from models.contract.catalogue import Item
from models.contract.feature_spec import FeatureSpec, FieldKind, FieldSpec
from models.contract.packed_items import write_packed
from models.contract.records import write_items
from models.contract.statistics import STATISTICS
from models.contract.vocabulary import Vocabulary
from models.export.packed_items import find_lines, pack_items, write_columns

ITEMS = (
    Item("a", {"genres": ("War", "Drama"), "brand": "x", "year": 1990.0, "title": "Matrix, The (1999)"}),
    Item("b", {"genres": (), "year": 2000.0, "title": "Heat"}),
    Item("c", {"brand": "y\nz", "title": "The Matrix"}, {}, available=False),
    Item("d", {"genres": ("Drama",), "brand": "x", "title": "Ü" * 101}, {"image": (1.0, 2.0)}),
)
SPEC = FeatureSpec(
    timed=True,
    history_length=5,
    item_ids=Vocabulary(tokens=("a", "b", "c", "d")),
    actions=Vocabulary(),
    item_fields=(
        FieldSpec(name="genres", kind=FieldKind.CATEGORIES),
        FieldSpec(name="brand", kind=FieldKind.CATEGORICAL),
        FieldSpec(name="year", kind=FieldKind.NUMERIC),
        FieldSpec(name="title", kind=FieldKind.TEXT),
    ),
)


def columns() -> tuple[Floats, Floats, Floats]:
    return tuple(np.ones((4, width), dtype=np.float32) for width in (5, 3, len(STATISTICS)))  # type: ignore[return-value]


@pytest.fixture
def lines(tmp_path: Path) -> ItemLines:
    write_items(tmp_path / "items.jsonl", ITEMS)
    packed = pack_items(SPEC, ITEMS, find_lines(tmp_path / "items.jsonl"))
    assert packed is not None
    write_packed(tmp_path / "packed.npz", packed)
    return open_item_lines(tmp_path / "items.jsonl", tmp_path / "packed.npz")


def test_items_are_those_of_the_lines(lines: ItemLines) -> None:
    assert list(lines) == list(ITEMS)
    assert lines[-1] == ITEMS[3]
    assert lines[1:3] == list(ITEMS[1:3])
    with pytest.raises(IndexError, match="below 4"):
        lines[4]


@pytest.mark.parametrize("name", ["genres", "brand", "year"])
def test_packed_columns_are_those_built_from_items(lines: ItemLines, name: str) -> None:
    packed, built = unpack_column(lines.packed, name), build_column(ITEMS, name)
    assert packed is not None
    np.testing.assert_array_equal(packed.numbers, built.numbers)
    np.testing.assert_array_equal(packed.present, built.present)
    assert list(packed.codes.items()) == list(built.codes.items())
    np.testing.assert_array_equal(packed.starts, built.starts)
    np.testing.assert_array_equal(packed.rows, built.rows)


def test_other_fields_are_not_packed(lines: ItemLines) -> None:
    assert unpack_column(lines.packed, "title") is None
    assert unpack_column(lines.packed, "item_id") is None


def test_titles_are_found_by_their_keys(lines: ItemLines) -> None:
    titles = PackedTitles(lines, "title")
    assert titles["matrix"] == titles["thematrix"] == ("a", "c")
    assert titles["heat"] == ("b",)
    assert "ü" * 101 not in titles
    assert set(titles) == {"matrix", "thematrix", "heat"}
    with pytest.raises(KeyError, match="matri"):
        titles["matri"]


def test_a_catalogue_of_packed_items_is_that_of_the_items(lines: ItemLines) -> None:
    packed, plain = Catalogue.of(SPEC, (), lines, columns()), Catalogue.of(SPEC, (), ITEMS, columns())
    assert list(packed.ids) == list(plain.ids)
    assert list(packed.labels) == list(plain.labels)
    for name, column in plain.store.columns.items():
        np.testing.assert_array_equal(packed.store.columns[name], column)


def test_changes_are_seen_and_a_fork_has_none(lines: ItemLines) -> None:
    catalogue = Catalogue.of(SPEC, (), lines, columns())
    index = AttributeIndex()
    row = ItemRow(np.zeros(5, dtype=np.float32), np.zeros(3, dtype=np.float32))
    changed, added = Item("b", {"brand": "new"}), Item("e", {"brand": "x"})
    live = catalogue.with_items([changed, added], [row, row])
    assert (live.item(1), live.item(4), len(live)) == (changed, added, 5)
    tables = index.of(live)
    assert tables.all.column("brand").rows_with("x").tolist() == [0, 3]
    assert tables.fresh.column("brand").rows_with("x").tolist() == [1]
    assert tables.all.items[1] == ITEMS[1]
    assert list(live.fork().items) == list(ITEMS)


def test_damaged_columns_are_refused(tmp_path: Path, lines: ItemLines) -> None:
    items, packed = tmp_path / "items.jsonl", tmp_path / "packed.npz"
    whole = items.read_bytes()
    items.write_bytes(whole + b"\n")
    with pytest.raises(BundleError, match="columns of items"):
        open_item_lines(items, packed)
    items.write_bytes(whole.replace(b'"a"', b'"q"', 1))
    with pytest.raises(BundleError, match="given others"):
        open_item_lines(items, packed)
    items.write_bytes(whole.replace(b"{", b"[", 1))
    with pytest.raises(BundleError, match="an item a line"):
        open_item_lines(items, packed)
    packed.write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(BundleError, match="columns of items"):
        open_item_lines(items, packed)


def test_values_of_another_kind_and_small_catalogues_are_not_packed(tmp_path: Path) -> None:
    write_items(tmp_path / "items.jsonl", ITEMS)
    odd = (*ITEMS[:3], Item("d", {"year": "old"}))
    assert pack_items(SPEC, odd, np.arange(5)) is None
    assert pack_items(SPEC, (Item("a", {"brand": 3.0}),), np.arange(2)) is None
    write_columns(tmp_path / "packed.npz", tmp_path / "items.jsonl", SPEC, ITEMS)
    assert not (tmp_path / "packed.npz").exists()
