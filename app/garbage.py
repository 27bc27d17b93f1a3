"""Garbage collection without the objects that stay for as long as the service runs."""

import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from app.bundle.collection_pause import paused_collections


@contextmanager
def lasting_imports() -> Iterator[None]:
    """No garbage collections while modules are imported, and none that looks at them later.

    Collections take a tenth of the time of the imports, and the one before the service is ready 200 ms more. They find
    7,000 objects of 280,000, about a megabyte.
    """
    with paused_collections():
        yield
        gc.freeze()


def settle_garbage() -> None:
    """Collect the garbage since the imports, and keep all that is left out of later collections.

    The libraries and the bundle have about 260,000 objects, and to look through them takes 200 ms in which the event
    loop stands still. They are still freed when nothing refers to them; a bundle has no cycles.
    """
    gc.collect()
    gc.freeze()


def return_memory() -> None:
    """Give memory back to the system that was freed since the start, where the allocator is glibc's.

    It keeps parts of what the load of a large bundle needs for a moment, as later allocations stand between them.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim if sys.platform == "linux" else None
    except AttributeError:  # another C library
        return
    if trim is not None:
        trim(0)
