"""Where the arrays of .npy and .npz files stand, so that they can be mapped without being read."""

import zipfile
from pathlib import Path
from typing import IO

import numpy as np

from app.bundle.mapped_array import Extent

LOCAL_HEADER = 30
"""Bytes of a member's header in a ZIP archive before its name; the lengths of name and extra field end it."""


def find_array(path: Path) -> Extent | None:
    """The array of a .npy file; None if its rows are not in C order. Raises the errors of numpy.lib.format."""
    with path.open("rb") as stream:
        return _read_extent(stream, path)


def find_members(path: Path) -> dict[str, Extent] | None:
    """The arrays of a .npz file by name; None if one is compressed or not in C order.

    They may begin at any byte: numpy reads their rows all the same, by copies.
    Raises BadZipFile and the errors of numpy.lib.format.
    """
    found = {}
    with zipfile.ZipFile(path) as archive, path.open("rb") as stream:
        for member in archive.infolist():
            if member.compress_type != zipfile.ZIP_STORED:
                return None
            stream.seek(member.header_offset + LOCAL_HEADER - 4)
            lengths = stream.read(4)
            name, extra = int.from_bytes(lengths[:2], "little"), int.from_bytes(lengths[2:], "little")
            stream.seek(name + extra, 1)
            extent = _read_extent(stream, path)
            if extent is None:
                return None
            found[member.filename.removesuffix(".npy")] = extent
    return found


def _read_extent(stream: IO[bytes], path: Path) -> Extent | None:
    version = np.lib.format.read_magic(stream)
    read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in read_header:
        return None
    shape, fortran, dtype = read_header[version](stream)
    return Extent(path, stream.tell(), shape, dtype) if shape and not fortran else None
