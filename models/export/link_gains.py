"""Choice of the link gains: of a grid, by NDCG on validation lists, for each class of history lengths."""

from collections.abc import Sequence
from itertools import product

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.contract.item_links import LinkGains

TRANSITION_GAINS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
REGRESSION_GAINS = (0.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
CLASSES = (1, 5, 15, 50)
"""Where classes of history lengths begin."""
LEAST_LISTS = 100
"""Lists of a class in every protocol for gains of its own; a smaller class has those of all lists."""
ERRORS = 2.0
"""Standard errors by which each protocol must gain: what wins before each event may ruin whole lists."""
LEAST_NDCG = 1e-4
"""A mean NDCG below this counts as this."""
NO_GAINS = LinkGains(least_events=(1,), transition=(0.0,), regression=(0.0,))

GRID = tuple(product(TRANSITION_GAINS, REGRESSION_GAINS))
"""The candidate gains; the first is none."""


def choose_gains(quality: Sequence[Floats], lengths: Sequence[Indices]) -> LinkGains:
    """The gains of each class of history lengths, from NDCG@10 [G, C] of every point of GRID on the lists.

    There must be at least one protocol.
    """
    whole = _choose(quality, fallback=0)
    ends = (*CLASSES[1:], np.iinfo(np.int64).max)
    chosen = []
    for begin, end in zip(CLASSES, ends, strict=True):
        inside = [(own >= begin) & (own < end) for own in lengths]
        parts = [sample[:, mask] for sample, mask in zip(quality, inside, strict=True)]
        is_large = min(part.shape[1] for part in parts) >= LEAST_LISTS
        chosen.append(_choose(parts, fallback=whole) if is_large else whole)
    return LinkGains(
        least_events=CLASSES,
        transition=tuple(GRID[point][0] for point in chosen),
        regression=tuple(GRID[point][1] for point in chosen),
    )


def _choose(quality: Sequence[Floats], fallback: int) -> int:
    """The best point; the fallback if none surely gains."""
    return int(mean_shares(quality, fallback).argmax())


def mean_shares(quality: Sequence[Floats], reference: int = 0) -> Floats:
    """[G] the mean over the protocols of each point's share (measure_shares).

    It is 1 for the reference, and minus infinity for another point unless each of them surely gains.
    """
    shares = measure_shares(quality, reference)
    chosen = np.stack([_gains_surely(sample, reference) for sample in quality]).all(axis=0)
    means = np.where(chosen, shares.mean(axis=0), -np.inf)
    return np.asarray(np.where(np.arange(len(GRID)) == reference, 1, means), dtype=np.float32)


def measure_shares(quality: Sequence[Floats], reference: int) -> Floats:
    """[protocols, G] each point's mean NDCG as a share of that of the reference point."""
    means = np.stack([sample.mean(axis=1) for sample in quality])
    return np.asarray(means / np.maximum(means[:, [reference]], LEAST_NDCG), dtype=np.float32)


def _gains_surely(sample: Floats, reference: int) -> Mask:
    """[G] True: the mean difference to the reference point is above ERRORS of its standard errors."""
    difference = sample - sample[[reference]]  # [G, C]
    least = difference.mean(axis=1) - ERRORS * difference.std(axis=1) / np.sqrt(sample.shape[1])
    return np.asarray(least > 0)


def measure_achieved(quality: Floats, lengths: Indices, gains: LinkGains) -> float:
    """The mean NDCG of lists with the gains of their class."""
    points = [GRID.index(gains.at(length)) if length else 0 for length in lengths.tolist()]
    return float(quality[points, np.arange(len(lengths))].mean())
