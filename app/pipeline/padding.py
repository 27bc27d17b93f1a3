"""Sequences of unlike lengths in one array: padded on the right, like lengths together."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from models.contract.arrays import Floats, Indices, Mask

Sizes = tuple[int, ...]
Rows = TypeVar("Rows", Floats, Indices)


def padded(parts: Sequence[Rows]) -> tuple[Rows, Mask]:
    """Parts [l, ...] of B users as [B, L, ...], zeros behind each, and True [B, L] where a part has its own."""
    lengths = np.array([len(part) for part in parts])
    own: Mask = np.arange(lengths.max()) < lengths[:, None]
    whole = np.zeros((*own.shape, *parts[0].shape[1:]), dtype=parts[0].dtype)
    whole[own] = np.concatenate(parts)
    return whole, own


def alike(sizes: Sequence[Sizes], most: Sizes) -> Iterator[list[int]]:
    """All places in batches of like sizes: a batch's length times its largest sizes is within `most`.

    A place that alone is past it comes alone.
    """
    batch: list[int] = []
    largest = tuple(0 for _ in most)
    for place in sorted(range(len(sizes)), key=sizes.__getitem__):
        grown = tuple(map(max, largest, sizes[place]))
        if batch and any((len(batch) + 1) * size > limit for size, limit in zip(grown, most, strict=True)):
            yield batch
            batch, grown = [], sizes[place]
        batch.append(place)
        largest = grown
    if batch:
        yield batch
