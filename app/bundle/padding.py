"""Pad sequences of different lengths into one array, and batch sequences of similar lengths."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from models.contract.arrays import Floats, Indices, Mask

Sizes = tuple[int, ...]
Rows = TypeVar("Rows", Floats, Indices)


def pad(parts: Sequence[Rows]) -> tuple[Rows, Mask]:
    """B parts [l, ...] as one array [B, L, ...], zero-padded on the right, and the mask [B, L] of their rows."""
    if len(parts) == 1:  # a single request: nothing to pad, nothing to copy
        return parts[0][None], np.ones((1, len(parts[0])), dtype=np.bool_)
    lengths = np.array([len(part) for part in parts])
    mask: Mask = np.arange(lengths.max()) < lengths[:, None]
    padded = np.zeros((*mask.shape, *parts[0].shape[1:]), dtype=parts[0].dtype)
    padded[mask] = np.concatenate(parts)
    return padded, mask


def group_by_length(sizes: Sequence[Sizes], limits: Sizes) -> Iterator[list[int]]:
    """Yield batches of indices into `sizes`, ordered by size.

    For each dimension of the sizes, a batch's length times its largest size is within the limit. An index whose
    size exceeds a limit has a batch to itself.
    """
    batch: list[int] = []
    largest = tuple(0 for _ in limits)
    for position in sorted(range(len(sizes)), key=sizes.__getitem__):
        larger = tuple(map(max, largest, sizes[position]))
        if batch and any((len(batch) + 1) * size > limit for size, limit in zip(larger, limits, strict=True)):
            yield batch
            batch, larger = [], sizes[position]
        batch.append(position)
        largest = larger
    if batch:
        yield batch
