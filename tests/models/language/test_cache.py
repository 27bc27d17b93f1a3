"""The cache on disk: only misses are computed, and a damaged file is only a miss."""

import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from models.language import cache
from models.language.cache import CachedTextEncoder


def segments(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.npy"))


def test_only_what_is_new_is_computed_and_each_text_once(letters, tmp_path) -> None:
    first = CachedTextEncoder(letters, tmp_path).encode(["a", "b", "a", "", "a "])
    assert letters.given == ["a", "b"]
    again = CachedTextEncoder(letters, tmp_path).encode(["a", "b", "c", "", "a "])
    assert letters.given == ["a", "b", "c"]
    assert np.array_equal(first[[0, 1, 3, 4]], again[[0, 1, 3, 4]])


def test_vectors_are_kept_by_encoder(letters, tmp_path) -> None:
    CachedTextEncoder(letters, tmp_path).encode(["a"])
    letters.name = "other letters"
    CachedTextEncoder(letters, tmp_path).encode(["a"])
    assert letters.given == ["a", "a"]


@pytest.mark.parametrize("kept", [0, 5, 100, 200])
def test_a_file_cut_short_is_a_miss_and_never_an_error(letters, tmp_path, kept: int) -> None:
    expected = CachedTextEncoder(letters, tmp_path).encode(["a", "b"])
    (path,) = segments(tmp_path)
    whole = path.read_bytes()
    assert len(whole) > 200
    path.write_bytes(whole[:kept])
    assert np.array_equal(CachedTextEncoder(letters, tmp_path).encode(["a", "b"]), expected)
    assert letters.given == ["a", "b", "a", "b"]


def test_an_end_that_reads_as_zeros_loses_only_its_own_rows(letters, tmp_path) -> None:
    expected = CachedTextEncoder(letters, tmp_path).encode(["a", "b"])
    (path,) = segments(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-12] + bytes(12))  # the last vector: three float32
    assert np.array_equal(CachedTextEncoder(letters, tmp_path).encode(["a", "b"]), expected)
    assert letters.given == ["a", "b", "b"]


def test_progress_counts_the_misses_to_the_end(letters, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(cache, "BATCH", 2)
    monkeypatch.setattr(cache, "SEGMENT", 3)
    CachedTextEncoder(letters, tmp_path).encode(["text 0"])
    calls: list[tuple[int, int]] = []
    again = CachedTextEncoder(letters, tmp_path, lambda done, total: calls.append((done, total)))
    again.encode([f"text {number}" for number in range(6)])
    assert calls == [(2, 5), (3, 5), (5, 5)]
    assert len(segments(tmp_path)) == 3  # "text 0", then three and two texts
    assert not list(tmp_path.rglob("*.tmp"))


def _fill(encoder, folder: Path, start: int) -> None:
    CachedTextEncoder(encoder, folder).encode([f"{'a' * number}b" for number in range(start, start + 20)])


def test_processes_fill_one_cache_together(letters, tmp_path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_fill, args=(letters, tmp_path, start)) for start in (0, 10, 20)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    CachedTextEncoder(letters, tmp_path).encode([f"{'a' * number}b" for number in range(40)])
    assert letters.given == []
