"""Sequences of different lengths in one array: padded on the right, similar lengths in one batch."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from models.contract.arrays import Floats, Indices, Mask

Sizes = tuple[int, ...]
Rows = TypeVar("Rows", Floats, Indices)


def pad(parts: Sequence[Rows]) -> tuple[Rows, Mask]:
    """B parts [l, ...] as one array [B, L, ...] with zeros behind each, and True [B, L] where a part has a row."""
    lengths = np.array([len(part) for part in parts])
    filled: Mask = np.arange(lengths.max()) < lengths[:, None]
    whole = np.zeros((*filled.shape, *parts[0].shape[1:]), dtype=parts[0].dtype)
    whole[filled] = np.concatenate(parts)
    return whole, filled


def length_buckets(sizes: Sequence[Sizes], limits: Sizes) -> Iterator[list[int]]:
    """All positions of `sizes` in batches of similar sizes.

    A batch's length times its largest size stays within the limit, for each kind of size. A position that alone
    exceeds a limit comes alone.
    """
    batch: list[int] = []
    largest = tuple(0 for _ in limits)
    for position in sorted(range(len(sizes)), key=sizes.__getitem__):
        grown = tuple(map(max, largest, sizes[position]))
        if batch and any((len(batch) + 1) * size > limit for size, limit in zip(grown, limits, strict=True)):
            yield batch
            batch, grown = [], sizes[position]
        batch.append(position)
        largest = grown
    if batch:
        yield batch
