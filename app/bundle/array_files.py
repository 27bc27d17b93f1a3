"""Read the array files of a bundle: item columns (.npy) and histories (.npz)."""

import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from tokenize import TokenError
from typing import TypeVar

import numpy as np

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


def read_array(path: Path, shape: tuple[int, int]) -> Floats:
    """A finite float array of `shape` as float32; raises BundleError with the path of the file."""
    try:
        with path.open("rb") as stream:
            array = np.lib.format.read_array(stream, allow_pickle=False)
    except NPY_ERRORS as error:
        raise BundleError(f"expected an array in {path}, given {type(error).__name__}: {error}") from error
    if array.dtype.kind != "f" or array.shape != shape:
        raise BundleError(f"expected floats {shape} in {path}, given {array.dtype} {array.shape}")
    if not _is_finite(array):
        raise BundleError(f"expected finite numbers in {path}, given others")
    return array.astype(np.float32, copy=False)


def _is_finite(array: np.ndarray) -> bool:
    """Whether all numbers are, by parts: the marks of a whole table take a quarter of its memory."""
    parts = (array[start : start + CHECKED_ROWS] for start in range(0, len(array), CHECKED_ROWS))
    return all(np.isfinite(part).all() for part in parts)


def read_user_histories(path: Path, users: int, items: int) -> EventColumns:
    """The histories of `users` users over an item table of `items` rows; raises BundleError with the path."""
    histories = _read_archive(path, "histories", read_histories)
    if expected := _find_violation(histories, users, items):
        raise BundleError(f"expected {expected} in {path}, given others")
    return histories


def _read_archive(path: Path, content: str, read: Callable[[Path], Content]) -> Content:
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
    links = _read_archive(path, "item links", read_links)
    if not all(_is_table(table, items) for table in links):
        raise BundleError(f"expected finite links of {items} items in {path}, given others")
    return links


def read_content_links(path: Path, items: int) -> ContentLinks:
    """The content links over an item table of `items` rows; raises BundleError with the path."""
    links = _read_archive(path, "content links", read_content)
    model, table = links.model, links.exported
    rows = (model.anchors, table.items, table.sources)
    inside = all(((column >= 0) & (column < items)).all() for column in rows)
    anchors = len(model.anchors)
    whole = len(model.directions) == len(model.linked) == anchors == model.words.size
    if not (inside and whole and ((model.linked >= 0) & (model.linked < anchors)).all()):
        raise BundleError(f"expected content links over {items} items in {path}, given others")
    return links


def _is_table(table: LinkTable, items: int) -> bool:
    rows, weights = table
    if rows.ndim != 2 or rows.shape != weights.shape or len(rows) != items or not rows.size:
        return False
    return bool(rows.min() >= 0 and rows.max() < items and np.isfinite(weights).all())
