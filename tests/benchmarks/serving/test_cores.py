import os
import sys

import pytest

from benchmarks.serving.cores import parse_list, pick_cores, pinned


def test_the_generator_has_another_physical_core_where_there_is_one() -> None:
    assert pick_cores([0, 1, 2, 3], frozenset({0, 2})).generator == 3
    assert pick_cores([0, 1, 2, 3], frozenset({0, 3})).generator == 2
    assert pick_cores([0, 1, 2], frozenset({0, 2})).notes == ()


def test_a_shared_core_is_noted() -> None:
    threads = pick_cores([4, 5], frozenset({4, 5}))
    assert (threads.service, threads.generator) == (4, 5)
    assert "one physical core" in threads.notes[0]
    alone = pick_cores([3], frozenset({3}))
    assert alone.are_shared
    assert "one core" in alone.notes[0]


def test_lists_of_cores_are_read() -> None:
    assert parse_list("0-2,5\n") == {0, 1, 2, 5}
    assert parse_list("7") == {7}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux pins a process to a core")
def test_a_block_is_pinned_and_set_free() -> None:
    before = os.sched_getaffinity(0)
    core = min(before)
    with pinned(core):
        assert os.sched_getaffinity(0) == {core}
    assert os.sched_getaffinity(0) == before
