"""The index's kind goes by the catalogue's size, and all kinds find what exact search finds."""

import faiss
import numpy as np
import pytest

from models.export import index
from models.export.index import build_index, write_index

COUNT, WIDTH = 3000, 17


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    """Clustered, as item vectors are."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(40, WIDTH))
    return (centres[np.arange(COUNT) % 40] + 0.4 * random.normal(size=(COUNT, WIDTH))).astype(np.float32)


@pytest.fixture(params=["flat", "half", "lists"])
def kind(request, monkeypatch) -> str:
    flat, half = {"flat": (COUNT, COUNT), "half": (COUNT - 1, COUNT), "lists": (10, COUNT - 1)}[request.param]
    monkeypatch.setattr(index, "FLAT_ITEMS", flat)
    monkeypatch.setattr(index, "HALF_ITEMS", half)
    monkeypatch.setattr(index, "LISTS_PER_ROOT", 0.7)  # 38 lists: enough vectors a list to train on
    monkeypatch.setattr(index, "PROBES", 12)
    return request.param


def test_kind_and_recall(kind, vectors, tmp_path):
    write_index(tmp_path / "index", vectors)
    found = faiss.read_index(str(tmp_path / "index"))
    types = {
        "flat": faiss.IndexFlat,
        "half": faiss.IndexScalarQuantizer,
        "lists": faiss.IndexPreTransform,
    }
    assert isinstance(found, types[kind])
    assert (found.ntotal, found.d) == (COUNT, WIDTH)
    queries = vectors[::60] + 0.1
    _, given = found.search(queries, 20)
    exact = np.argsort(-queries @ vectors.T, axis=1)[:, :20]
    recall = np.mean([len(set(a) & set(b)) / 20 for a, b in zip(given.tolist(), exact.tolist(), strict=True)])
    assert recall >= {"flat": 1.0, "half": 0.99, "lists": 0.9}[kind]
    if kind == "lists":
        assert faiss.extract_index_ivf(found).nprobe == 12  # travels in the file


def test_lists_find_the_long_vectors_that_have_the_greatest_products(monkeypatch):
    """Item vectors are spread along few directions, and users' vectors along the same ones, many times as long."""
    monkeypatch.setattr(index, "FLAT_ITEMS", 10)
    monkeypatch.setattr(index, "HALF_ITEMS", 10)
    monkeypatch.setattr(index, "PROBES", 6)
    random = np.random.default_rng(0)
    spread = 0.6 ** np.arange(WIDTH)
    centres = random.normal(size=(500, WIDTH)) * spread
    noise = 0.5 * random.normal(size=(20_000, WIDTH)) * spread
    vectors = (centres[np.arange(20_000) % 500] + noise).astype(np.float32)
    queries = (5 * random.normal(size=(50, WIDTH)) * spread).astype(np.float32)
    _, given = build_index(vectors).search(queries, 20)
    exact = np.argsort(-queries @ vectors.T, axis=1)[:, :20]
    recall = np.mean([len(set(a) & set(b)) / 20 for a, b in zip(given.tolist(), exact.tolist(), strict=True)])
    assert recall >= 0.9


def test_few_items_are_searched_exactly():
    assert isinstance(build_index(np.eye(3, dtype=np.float32)), faiss.IndexFlat)
