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
"""Lists of a class for gains of its own; a smaller class has those of all lists."""
MIN_GAIN = 1e-3
"""Gains are chosen only if they raise NDCG@10 on held-out folds by at least this share."""
LEAST_SHARE = 0.99
"""No protocol may lose more: a point that wins before each event and ruins whole lists is not chosen."""
FOLDS = 5
NO_GAINS = LinkGains(least_events=(1,), transition=(0.0,), regression=(0.0,))

GRID = tuple(product(TRANSITION_GAINS, REGRESSION_GAINS))
"""The candidate gains; the first is none."""


def choose_gains(quality: Sequence[Floats], lengths: Sequence[Indices]) -> LinkGains:
    """The gains of each class of history lengths, from NDCG@10 [G, C] of every point of GRID on the lists."""
    whole = _choose(quality, [np.ones(len(own), dtype=np.bool_) for own in lengths], fallback=0)
    ends = (*CLASSES[1:], np.iinfo(np.int64).max)
    chosen = []
    for begin, end in zip(CLASSES, ends, strict=True):
        inside = [(own >= begin) & (own < end) for own in lengths]
        chosen.append(_choose(quality, inside, fallback=whole))
    return LinkGains(
        least_events=CLASSES,
        transition=tuple(GRID[point][0] for point in chosen),
        regression=tuple(GRID[point][1] for point in chosen),
    )


def _choose(quality: Sequence[Floats], inside: Sequence[Mask], fallback: int) -> int:
    """The best point on the lists `inside`, if it beats the fallback on held-out folds; else the fallback."""
    parts = [sample[:, mask] for sample, mask in zip(quality, inside, strict=True)]
    parts = [part for part in parts if part.shape[1] >= LEAST_LISTS]
    if not parts:
        return fallback
    gains = []
    for fold in range(FOLDS):
        held_out = [np.arange(part.shape[1]) % FOLDS == fold for part in parts]
        learned = [part[:, ~mask] for part, mask in zip(parts, held_out, strict=True)]
        best = int(mean_shares(learned, fallback).argmax())
        shares = measure_shares([part[:, mask] for part, mask in zip(parts, held_out, strict=True)], fallback)
        gains.append(float(shares[:, best].mean() - 1))
    return int(mean_shares(parts, fallback).argmax()) if np.mean(gains) >= MIN_GAIN else fallback


def mean_shares(quality: Sequence[Floats], reference: int = 0) -> Floats:
    """[G] the mean over the protocols of each point's share (measure_shares); 0 where one is below LEAST_SHARE."""
    shares = measure_shares(quality, reference)
    return np.asarray(np.where((shares < LEAST_SHARE).any(axis=0), 0, shares.mean(axis=0)), dtype=np.float32)


def measure_shares(quality: Sequence[Floats], reference: int) -> Floats:
    """[protocols, G] each point's mean NDCG as a share of that of the reference point."""
    means = np.stack([sample.mean(axis=1) for sample in quality])
    return np.asarray(means / np.maximum(means[:, [reference]], 1e-4), dtype=np.float32)


def measure_achieved(quality: Floats, lengths: Indices, gains: LinkGains) -> float:
    """The mean NDCG of lists with the gains of their class."""
    points = [GRID.index(gains.at(length)) if length else 0 for length in lengths.tolist()]
    return float(quality[points, np.arange(len(lengths))].mean())
