"""Rows of a large array of a file, read without a map: pages of a map that were read count as memory until it ends."""

import os
import weakref
from dataclasses import dataclass, field

import numpy as np

from app.bundle.mapped_array import Extent
from models.contract.arrays import Indices


@dataclass(frozen=True, slots=True, weakref_slot=True, eq=False)
class FileRows:
    """The rows of an array of at least two dimensions. Safe for threads: no position in the file is kept."""

    extent: Extent
    descriptor: int = field(init=False)

    def __post_init__(self) -> None:
        """Open the file, for as long as the object lives: a bundle that replaces its folder does not change it.

        Raises OSError.
        """
        descriptor = os.open(self.extent.path, os.O_RDONLY | os.O_CLOEXEC)
        object.__setattr__(self, "descriptor", descriptor)
        weakref.finalize(self, os.close, descriptor).atexit = False

    def read(self, rows: Indices) -> np.ndarray:
        """[K, ...] the rows at [K]; raises IndexError for one that the file lacks, and OSError."""
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(self):
            raise IndexError(f"expected rows below {len(self)}, given {rows.min()} to {rows.max()}")
        found = np.empty((len(rows), *self.extent.shape[1:]), self.extent.dtype)
        length = self.extent.size // max(len(self), 1)
        parts = memoryview(found.reshape(-1).view(np.uint8).data)
        start, descriptor = self.extent.offset, self.descriptor
        for place, row in enumerate(rows.tolist()):
            part = parts[place * length : (place + 1) * length]
            if os.preadv(descriptor, (part,), start + row * length) != length:
                raise OSError(f"expected row {row} in {self.extent.path}, given the end of the file")
        return found

    def __len__(self) -> int:
        return self.extent.shape[0]
