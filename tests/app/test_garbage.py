"""What is left at the start stays out of later collections, and garbage does not stay."""

import gc
import mmap
import platform
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bundle.collection_pause import paused_collections
from app.garbage import lasting_imports, return_memory, settle_garbage


class Knot:
    """An object that refers to itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.own = self


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    gc.unfreeze()
    yield
    gc.unfreeze()


def test_garbage_is_freed_first_and_the_rest_is_left_alone() -> None:
    kept, lost = Knot(), weakref.ref(Knot())
    settle_garbage()
    assert lost() is None
    assert not any(found is kept for found in gc.get_objects())


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the allocator of glibc")
def test_freed_memory_goes_back_to_the_system() -> None:
    """Freed blocks below a kept one stay with the allocator until it is asked for them."""
    blocks = [bytearray(b"x" * 60_000) for _ in range(2000)]
    kept = blocks[-1]
    del blocks
    before = _resident_bytes()
    return_memory()
    assert _resident_bytes() < before - 60_000_000
    assert kept[0] == ord("x")


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE


def test_later_garbage_is_still_collected() -> None:
    settle_garbage()
    lost = weakref.ref(Knot())
    gc.collect()
    assert lost() is None


def test_collections_go_on_after_a_pause_also_after_an_error() -> None:
    with pytest.raises(RuntimeError), paused_collections():
        assert not gc.isenabled()
        raise RuntimeError
    assert gc.isenabled()


def test_a_pause_within_a_pause_does_not_end_it() -> None:
    with paused_collections():
        with paused_collections():
            pass
        assert not gc.isenabled()


def test_what_is_made_with_the_imports_is_left_alone() -> None:
    with lasting_imports():
        assert not gc.isenabled()
        kept = Knot()
    assert gc.isenabled()
    assert not any(found is kept for found in gc.get_objects())
