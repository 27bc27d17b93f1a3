"""Arrays mapped from files: the same numbers, room for later rows, and no change of the file."""

import gc
from pathlib import Path

import numpy as np
import pytest

from app.bundle import array_files
from app.bundle.array_extents import find_array, find_members
from app.bundle.array_files import read_column, read_item_links
from app.bundle.mapped_array import MAPS, map_rows, read_parts
from models.contract.bundle import BundleError
from models.contract.item_links import ItemLinks, LinkTable, read_links, write_links

pytestmark = pytest.mark.skipif(not MAPS, reason="the flags of mmap are those of Linux")


def write_table(path: Path, rows: int = 700, width: int = 3) -> np.ndarray:
    table = np.random.default_rng(0).normal(size=(rows, width)).astype(np.float32)
    np.save(path, table)
    return table


def test_mapped_rows_are_those_of_the_file_and_the_room_is_zeros(tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.npy")
    extent = find_array(tmp_path / "table.npy")
    assert extent is not None
    mapped = map_rows(extent, 5_000)
    np.testing.assert_array_equal(mapped[:700], table)
    assert mapped.shape == (5_000, 3)
    assert not mapped[700:].any()


def test_writes_stay_in_the_process(tmp_path: Path) -> None:
    path = tmp_path / "table.npy"
    write_table(path)
    before = path.read_bytes()
    extent = find_array(path)
    assert extent is not None
    mapped = map_rows(extent, 1_000)
    mapped[5], mapped[800] = 1.0, 2.0
    assert mapped[5].tolist() == [1, 1, 1]
    assert mapped[800].tolist() == [2, 2, 2]
    assert path.read_bytes() == before


def test_a_view_keeps_the_map(tmp_path: Path) -> None:
    table = write_table(tmp_path / "table.npy")
    extent = find_array(tmp_path / "table.npy")
    assert extent is not None
    view = map_rows(extent, 701)[3:5]
    gc.collect()
    np.testing.assert_array_equal(view, table[3:5])


def test_an_array_that_begins_within_a_later_page_of_its_file(tmp_path: Path) -> None:
    first, second = np.arange(5_000, dtype=np.int32), np.arange(3_000, dtype=np.float32)
    np.savez(tmp_path / "both.npz", first=first, second=second)
    members = find_members(tmp_path / "both.npz")
    assert members is not None
    np.testing.assert_array_equal(map_rows(members["first"], 5_000), first)
    np.testing.assert_array_equal(map_rows(members["second"], 3_001)[:3_000], second)
    assert np.concatenate(list(read_parts(members["second"]))).tolist() == second.tolist()


def test_compressed_members_and_other_orders_are_not_mapped(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "small.npz", first=np.arange(9))
    assert find_members(tmp_path / "small.npz") is None
    np.save(tmp_path / "fortran.npy", np.asfortranarray(np.ones((4, 3))))
    assert find_array(tmp_path / "fortran.npy") is None


def test_a_file_that_is_shorter_than_its_header_says(tmp_path: Path) -> None:
    path = tmp_path / "table.npy"
    write_table(path)
    path.write_bytes(path.read_bytes()[:-4])
    extent = find_array(path)
    assert extent is not None
    with pytest.raises(ValueError, match="given fewer"):
        map_rows(extent, 700)
    with pytest.raises(ValueError, match="given fewer"):
        list(read_parts(extent))


def test_a_mapped_column_is_checked_as_one_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_files, "MAPPED_BYTES", 0)
    path = tmp_path / "table.npy"
    table = write_table(path)
    column = read_column(path, (700, 3))
    assert column.room is not None
    assert len(column.room) == 1_050
    np.testing.assert_array_equal(column.values, table)
    with pytest.raises(BundleError, match=r"expected floats \(700, 4\)"):
        read_column(path, (700, 4))
    table[0, 1] = 1e30  # its square is not finite, the number is
    np.save(path, table)
    np.testing.assert_array_equal(read_column(path, (700, 3)).values, table)
    table[699, 2] = np.nan
    np.save(path, table)
    with pytest.raises(BundleError, match="finite"):
        read_column(path, (700, 3))
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(BundleError, match="expected an array"):
        read_column(path, (700, 3))


def test_mapped_links_are_those_that_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "MAPPED_BYTES", 0)
    random = np.random.default_rng(1)

    def make() -> LinkTable:
        return LinkTable(
            random.integers(0, 40, (40, 6), dtype=np.int32), random.random((40, 6), dtype=np.float32)
        )

    write_links(tmp_path / "links.npz", ItemLinks(make(), make()))
    found, expected = read_item_links(tmp_path / "links.npz", 40), read_links(tmp_path / "links.npz")
    for table, read in zip(found, expected, strict=True):
        np.testing.assert_array_equal(table.rows, read.rows)
        np.testing.assert_array_equal(table.weights, read.weights)
    with pytest.raises(BundleError, match="finite links of 39 items"):
        read_item_links(tmp_path / "links.npz", 39)
    expected.regression.rows[39, 5] = 40
    write_links(tmp_path / "links.npz", expected)
    with pytest.raises(BundleError, match="finite links of 40 items"):
        read_item_links(tmp_path / "links.npz", 40)
