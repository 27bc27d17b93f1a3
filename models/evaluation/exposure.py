"""Exposure by popularity: bands of items with equal shares of the events, and the share of the places of each."""

from collections.abc import Iterator, Mapping

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.evaluation.metrics.lists import NO_ITEM

BANDS = ("head", "middle", "tail")
"""Bands of equal shares of the users' items before the test, the most popular items first."""
NEW = "new"
"""Items that nobody took before the test."""


def divide_by_popularity(popularity: Indices) -> Iterator[tuple[str, Mask]]:
    """Yield the name and the items [I] of each band that has items, from `popularity` [I], the users of each item.

    From the most popular item on, an item is in the band in which its first event stands among all events; of equally
    popular items the lower row stands first.
    """
    order = np.argsort(-popularity, kind="stable")
    counts = popularity[order].astype(np.int64)
    total = max(int(counts.sum()), 1)
    band_of = np.empty(len(popularity), dtype=np.int64)
    band_of[order] = (np.cumsum(counts) - counts) * len(BANDS) // total
    band_of[popularity == 0] = len(BANDS)
    for number, name in enumerate((*BANDS, NEW)):
        if (band_of == number).any():
            yield name, band_of == number


def share_of(band: Mask, weights: Indices | Doubles) -> float:
    """The share of a band in the weights [I] of all items; nan where they are all 0."""
    total = float(weights.sum())
    return float(weights[band].sum()) / total if total else float("nan")


def count_places(lists: Indices, items: int) -> Indices:
    """The places [items] that lists [C, k] give to each item."""
    return np.bincount(lists[lists != NO_ITEM], minlength=items).astype(np.int64)


def share_places(band: Mask, lists: Mapping[str, Indices]) -> dict[str, float]:
    """Method -> the share of the filled places of its lists [C, k] that have an item of the band [I]."""
    return {name: share_of(band, count_places(ranked, len(band))) for name, ranked in lists.items()}
