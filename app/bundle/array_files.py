"""Read the array files of a bundle: item columns (.npy) and histories (.npz)."""

import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import TypeVar

import numpy as np

from app.bundle.array_extents import find_array, find_members
from app.bundle.file_rows import FileRows
from app.bundle.mapped_array import MAPS, Extent, map_rows, read_parts
from models.contract.arrays import Floats
from models.contract.bundle import BundleError
from models.contract.content_links import ContentLinks, read_content
from models.contract.events import EventColumns
from models.contract.histories import read_histories
from models.contract.item_links import ItemLinks, LinkTable, read_links

Content = TypeVar("Content")

NPY_ERRORS = (
    OSError,
    EOFError,
    ValueError,
    TokenError,  # a header that is not a Python literal
    MemoryError,  # a header that claims a terabyte
)
"""Errors of numpy.lib.format for a file that is not in the NPY format."""
ZIP_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    NotImplementedError,  # an unknown compression
    RuntimeError,  # an encrypted member
    KeyError,  # a missing array
    TypeError,  # an array without numbers
)
"""Further errors of zipfile, of an NPZ archive and of the conversion of its arrays."""

CHECKED_ROWS = 16_384
"""Rows that are checked at once."""
MAPPED_BYTES = 64 << 20
"""From this size on an array is mapped, not read."""
ROOM = 1.5
"""Rows of a mapped table with the room for those put later, as a multiple of its rows."""


LINK_TYPES = {
    f"{table}_{part}": dtype
    for table in ItemLinks._fields
    for part, dtype in (("rows", np.int32), ("weights", np.float32))
}
"""Array of a file of item links -> its type."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of n items."""

    values: Floats  # [n, ...]
    room: Floats | None = None
    """[m, ...] `values` with rows of zeros after them in the same memory, m > n; None for a column without room."""


def read_array(path: Path, shape: tuple[int, int]) -> Floats:
    """A finite float array of `shape` as float32; raises BundleError with the path of the file."""
    try:
        with path.open("rb") as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
    except NPY_ERRORS as error:
        raise BundleError(f"expected an array in {path}, given {type(error).__name__}: {error}") from error
    if array.dtype.kind != "f" or array.shape != shape:
        raise BundleError(f"expected floats {shape} in {path}, given {array.dtype} {array.shape}")
    if not all(map(_is_finite, _split(array))):
        raise BundleError(f"expected finite numbers in {path}, given others")
    return array.astype(np.float32, copy=False)


def read_column(path: Path, shape: tuple[int, int]) -> Column:
    """A finite float column of `shape`, mapped with room for later rows if it is large, else as `read_array` reads it.

    Raises BundleError with the path of the file.
    """
    try:
        extent = find_array(path)
        if not (MAPS and extent is not None and extent.size >= MAPPED_BYTES and extent.dtype == np.float32):
            return Column(read_array(path, shape))
        if extent.shape != shape:
            raise BundleError(f"expected floats {shape} in {path}, given {extent.shape}")
        room = map_rows(extent, int(ROOM * shape[0]))
    except NPY_ERRORS as error:
        raise BundleError(f"expected an array in {path}, given {type(error).__name__}: {error}") from error
    if not all(_is_finite(part) for part in read_parts(extent)):
        raise BundleError(f"expected finite numbers in {path}, given others")
    return Column(room[: shape[0]], room)


def open_rows(path: Path, shape: tuple[int, int]) -> FileRows:
    """The float32 rows of an array of `shape` in a file that was read before; raises BundleError with its path."""
    try:
        extent = find_array(path)
        if extent is None or extent.shape != shape or extent.dtype != np.float32:
            raise BundleError(f"expected float32 {shape}, row by row, in {path}, given others")
        return FileRows(extent)
    except NPY_ERRORS as error:
        raise BundleError(f"expected an array in {path}, given {type(error).__name__}: {error}") from error


def _split(array: np.ndarray) -> Iterator[np.ndarray]:
    """Parts of a table: the marks of a whole one take a quarter of its memory."""
    return (array[start : start + CHECKED_ROWS] for start in range(0, len(array), CHECKED_ROWS))


def _is_finite(part: np.ndarray) -> bool:
    """Whether all numbers of a part are. A finite product is proof, and faster than a mark for each number."""
    flat = part.ravel()
    with np.errstate(over="ignore", invalid="ignore"):
        product = np.dot(flat, flat)
    return bool(np.isfinite(product) or np.isfinite(flat).all())


def read_user_histories(path: Path, users: int, items: int) -> EventColumns:
    """The histories of `users` users over an item table of `items` rows; raises BundleError with the path."""
    histories = read_archive(path, "histories", read_histories)
    if expected := _find_violation(histories, users, items):
        raise BundleError(f"expected {expected} in {path}, given others")
    return histories


def read_archive(path: Path, content: str, read: Callable[[Path], Content]) -> Content:
    """The content of an NPZ archive, by its reader; raises BundleError with the path."""
    try:
        zipfile.ZipFile(path).close()  # numpy leaves the file open if it is not an archive
        return read(path)
    except (*NPY_ERRORS, *ZIP_ERRORS) as error:
        raise BundleError(f"expected {content} in {path}, given {type(error).__name__}: {error}") from error


def _find_violation(histories: EventColumns, users: int, items: int) -> str | None:
    """The first property that the histories lack, for an error message; None if they are valid."""
    offsets, count = histories.offsets, len(histories)
    if offsets.shape != (users + 1,):
        return f"offsets of {users} users"
    if offsets[0] != 0 or (np.diff(offsets) < 0).any():
        return "ascending offsets over all events"
    for name, column, limit in (
        ("items", histories.items, items),
        ("actions", histories.actions, len(histories.action_names)),
    ):
        if count and not (column.min() >= 0 and column.max() < limit):
            return f"{name} in 0..{limit - 1}"
    if not np.isfinite(histories.times).all():
        return "finite times"
    return None


def read_item_links(path: Path, items: int) -> ItemLinks:
    """The item links over an item table of `items` rows; raises BundleError with the path."""
    extents = read_archive(path, "item links", _find_large_links)
    links = read_archive(path, "item links", read_links) if extents is None else _map_links(extents)
    parts = {} if extents is None else {name: read_parts(extent) for name, extent in extents.items()}
    if not all(
        _is_table(
            table,
            items,
            parts.get(f"{name}_rows", [table.rows]),
            parts.get(f"{name}_weights", [table.weights]),
        )
        for name, table in links._asdict().items()
    ):
        raise BundleError(f"expected finite links of {items} items in {path}, given others")
    return links


def read_content_links(path: Path, items: int) -> ContentLinks:
    """The content links over an item table of `items` rows; raises BundleError with the path."""
    links = read_archive(path, "content links", read_content)
    model, table = links.model, links.exported
    rows = (model.anchors, table.items, table.sources)
    inside = all(((column >= 0) & (column < items)).all() for column in rows)
    anchors = len(model.anchors)
    whole = len(model.directions) == len(model.linked) == anchors == model.words.size
    if not (inside and whole and ((model.linked >= 0) & (model.linked < anchors)).all()):
        raise BundleError(f"expected content links over {items} items in {path}, given others")
    return links


def _find_large_links(path: Path) -> dict[str, Extent] | None:
    """Where the arrays of item links stand, if they are to be mapped; None if they are to be read."""
    found = find_members(path) if MAPS and path.stat().st_size >= MAPPED_BYTES else None
    if found is None or any(found[name].dtype != dtype for name, dtype in LINK_TYPES.items()):
        return None
    return found


def _map_links(extents: Mapping[str, Extent]) -> ItemLinks:
    """The item links in the maps of their arrays."""
    arrays = {name: map_rows(extents[name], extents[name].shape[0]) for name in LINK_TYPES}
    return ItemLinks(
        *(LinkTable(arrays[f"{name}_rows"], arrays[f"{name}_weights"]) for name in ItemLinks._fields)
    )


def _is_table(
    table: LinkTable, items: int, rows: Iterable[np.ndarray], weights: Iterable[np.ndarray]
) -> bool:
    """Whether a table is one of `items` items, by its shape and the parts of its arrays."""
    shape = table.rows.shape
    if len(shape) != 2 or shape != table.weights.shape or shape[0] != items or not table.rows.size:
        return False
    return all(part.min() >= 0 and part.max() < items for part in rows) and all(map(_is_finite, weights))
