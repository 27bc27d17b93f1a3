"""Arrays of a file read through a memory map, with room for rows that come later.

The pages of a map are read when they are asked for and shared by all processes that map the file, so that a large
table costs neither time nor memory until it is used. A map is private: what is written stays in the process and never
reaches the file. The room after the rows is address space alone, which takes memory when it is written.
"""

import ctypes
import mmap
import os
import sys
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAPS = sys.platform == "linux"
"""Where the flags of mmap(2) below are known; elsewhere files are read."""
NORESERVE, FIXED = 0x4000, 0x10
"""MAP_NORESERVE and MAP_FIXED of Linux, of which the module mmap has no names in every version."""
PART_BYTES = 1 << 20
"""Bytes that are read at once."""
FAILED = ctypes.c_void_p(-1).value
"""What mmap(2) returns for an error."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where an array stands in a file: rows in C order from a byte on."""

    path: Path
    offset: int  # bytes
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]

    @property
    def size(self) -> int:
        """The bytes of the array."""
        return int(np.prod(self.shape, dtype=np.int64)) * self.dtype.itemsize


def map_rows(extent: Extent, capacity: int) -> np.ndarray:
    """[capacity, ...] the rows of a file in a private map, then rows of zeros in memory of the process.

    Raises ValueError if the file is shorter than its array, and OSError if it cannot be mapped.
    """
    if capacity < extent.shape[0]:
        raise ValueError(f"expected room for {extent.shape[0]} rows, given {capacity}")
    first_page = extent.offset - extent.offset % mmap.PAGESIZE
    skipped, end = extent.offset - first_page, extent.offset + extent.size
    whole = Extent(extent.path, skipped, (capacity, *extent.shape[1:]), extent.dtype)
    length = skipped + max(whole.size, 1)
    address, release = _reserve(length)
    try:
        with extent.path.open("rb") as stream:
            if os.fstat(stream.fileno()).st_size < end:
                raise ValueError(f"expected {end} bytes in {extent.path}, given fewer")
            if extent.size:
                _map_over(address, end - first_page, stream.fileno(), first_page)
    except (OSError, ValueError):
        release()
        raise
    return _as_array(address, length, whole, release, used=skipped + extent.size)


def read_parts(extent: Extent) -> Iterator[np.ndarray]:
    """The numbers of a file in parts [m], read through one small buffer: pages of a map would count as memory."""
    buffer = np.empty(PART_BYTES // extent.dtype.itemsize, extent.dtype)
    with extent.path.open("rb", buffering=0) as stream:
        stream.seek(extent.offset)
        left = extent.size
        while left:
            view = memoryview(buffer.view(np.uint8).data)[: min(left, buffer.nbytes)]
            if stream.readinto(view) != len(view):
                raise ValueError(f"expected {left} more bytes in {extent.path}, given fewer")
            left -= len(view)
            yield buffer[: len(view) // extent.dtype.itemsize]


def _reserve(length: int) -> tuple[int, Callable[[], None]]:
    """The address of `length` bytes of zeros that take no memory yet, and the call that gives them back."""
    system = ctypes.CDLL(None, use_errno=True)
    system.mmap.restype = ctypes.c_void_p
    system.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    address = _call_mmap(0, length, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | NORESERVE, -1, 0)
    return address, lambda: system.munmap(address, length)


def _map_over(address: int, length: int, descriptor: int, offset: int) -> None:
    """Map the bytes of a file over the beginning of what is reserved."""
    _call_mmap(address, length, mmap.MAP_PRIVATE | FIXED, descriptor, offset)


def _call_mmap(address: int, length: int, flags: int, descriptor: int, offset: int) -> int:
    system = ctypes.CDLL(None, use_errno=True)
    system.mmap.restype = ctypes.c_void_p
    system.mmap.argtypes = [
        *(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
    ]
    found = system.mmap(address, length, mmap.PROT_READ | mmap.PROT_WRITE, flags, descriptor, offset)
    if found is None or found == FAILED:
        number = ctypes.get_errno()
        raise OSError(number, f"expected a map of {length} bytes, given {os.strerror(number)}")
    return int(found)


def _as_array(
    address: int, length: int, extent: Extent, release: Callable[[], None], used: int
) -> np.ndarray:
    """The array at an address, which is given back with the last view of it."""
    memory = (ctypes.c_ubyte * length).from_address(address)
    # The last page of the file may have bytes after the array; rows that come later begin as zeros.
    rest = min(-used % mmap.PAGESIZE, length - used)
    if rest:
        ctypes.memset(address + used, 0, rest)
    weakref.finalize(memory, release).atexit = False
    count = int(np.prod(extent.shape, dtype=np.int64))
    view = memoryview(memory).cast("B")
    return np.frombuffer(view, extent.dtype, count, extent.offset).reshape(extent.shape)
