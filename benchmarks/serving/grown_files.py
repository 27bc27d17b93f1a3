"""The tables of a grown bundle beside its vectors: text vectors, statistics, links, pages."""

from pathlib import Path

import numpy as np

from models.contract.arrays import Floats
from models.contract.bundle import REPORT, REPORT_PAGE, TEXT_ENCODER, Manifest
from models.contract.item_links import ItemLinks, LinkTable, read_links
from models.export.strongest_links import count_links

CHUNK = 20_000
TEXT_NOISE = 0.5
"""The length of the change of a text vector, as a share of its own."""


def grow_texts(trained: Floats, count: int, random: np.random.Generator, path: Path) -> Floats:
    """[count, T] the trained text vectors, then changed ones in turn, in a file, as they may not fit the memory."""
    shape = (count, trained.shape[1])
    if not trained.shape[1]:
        return np.zeros(shape, dtype=np.float32)
    texts = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
    texts[: len(trained)] = trained
    for first in range(len(trained), count, CHUNK):
        rows = np.arange(first, min(first + CHUNK, count)) % len(trained)
        noise = random.standard_normal((len(rows), shape[1]), dtype=np.float32) / np.sqrt(
            np.float32(shape[1])
        )
        lengths = np.linalg.norm(trained[rows], axis=1, keepdims=True)
        changed = trained[rows] + TEXT_NOISE * lengths * noise
        changed *= lengths / np.maximum(np.linalg.norm(changed, axis=1, keepdims=True), 1e-9)
        texts[first : first + len(rows)] = changed
    return texts


def grow_statistics(trained: Floats, count: int, random: np.random.Generator) -> Floats:
    """[count, S] the trained items' statistics, then smaller ones in turn."""
    statistics = trained[np.arange(count) % len(trained)]
    statistics[len(trained) :] *= random.uniform(0.2, 1.0, (count - len(trained), 1)).astype(np.float32)
    return statistics


def grow_links(path: Path, count: int, random: np.random.Generator) -> ItemLinks:
    """The strongest links of the trained items, and those of new items: the same weights to random items."""
    return ItemLinks(*(_grow_table(table, count, random) for table in read_links(path)))


def _grow_table(trained: LinkTable, count: int, random: np.random.Generator) -> LinkTable:
    start, keep = len(trained.rows), min(count_links(count), trained.rows.shape[1])
    rows = random.integers(0, count, (count, keep), dtype=np.int32)
    weights = trained.weights[np.arange(count) % start, :keep]
    rows[:start] = trained.rows[:, :keep]
    return LinkTable(rows, weights)


def read_pages(folder: Path, manifest: Manifest) -> dict[str, str]:
    """The report and the card of the text encoder."""
    names = [name for name in (REPORT, REPORT_PAGE, TEXT_ENCODER) if name in manifest.files]
    return {name: (folder / name).read_text(encoding="utf-8") for name in names}
