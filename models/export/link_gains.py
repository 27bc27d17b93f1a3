"""Choice of the link gains: of a grid, by NDCG on validation lists, for each class of histories."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.contract.item_links import LinkGains

TRANSITION_GAINS = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6)
REGRESSION_GAINS = (0.0, 2.5, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)
CLASSES = (1, 5, 15, 50)
"""Where classes of history lengths begin, within a session."""
LEAST_LISTS = 100
"""Lists of a class in every protocol for gains of its own; a smaller class has those of all lists of a session."""
LEAST_IN_PROTOCOL = 20
"""Lists of a protocol, within a session or of users who return, to be asked at all."""
ERRORS = 2.0
"""Standard errors by which the mean over the protocols must gain."""
LEAST_NDCG = 1e-4
"""A mean NDCG below this counts as this."""
NO_GAINS = LinkGains(least_events=(1,), transition=(0.0,), regression=(0.0,), returning=(0.0, 0.0))

GRID = tuple(product(TRANSITION_GAINS, REGRESSION_GAINS))
"""The candidate gains; the first is none."""


class LinkQuality(NamedTuple):
    """The quality of C lists of one protocol; G is the number of points of the grid."""

    ndcg: Floats  # [G, C] NDCG@10
    lengths: Indices  # [C] the events that the links are read from
    returning: Mask  # [C] lists of users who return after a pause (models.contract.recency)

    def take(self, lists: Mask) -> "LinkQuality":
        """Some of the lists."""
        return LinkQuality(self.ndcg[:, lists], self.lengths[lists], self.returning[lists])


def choose_gains(quality: Sequence[LinkQuality]) -> LinkGains:
    """The gains of users who return, and of each class of history lengths within a session."""
    returning = _choose([sample.take(sample.returning) for sample in quality], fallback=0)
    sessions = [sample.take(~sample.returning) for sample in quality]
    sessions = [sample for sample in sessions if len(sample.lengths) >= LEAST_IN_PROTOCOL]
    whole = _choose(sessions, fallback=0)
    ends = (*CLASSES[1:], np.iinfo(np.int64).max)
    chosen = []
    for begin, end in zip(CLASSES, ends, strict=True):
        parts = [sample.take((sample.lengths >= begin) & (sample.lengths < end)) for sample in sessions]
        is_large = min((len(part.lengths) for part in parts), default=0) >= LEAST_LISTS
        chosen.append(_choose(parts, fallback=whole) if is_large else whole)
    return LinkGains(
        least_events=CLASSES,
        transition=tuple(GRID[point][0] for point in chosen),
        regression=tuple(GRID[point][1] for point in chosen),
        returning=GRID[returning],
    )


def _choose(quality: Sequence[LinkQuality], fallback: int) -> int:
    """The best point; the fallback if none surely gains."""
    asked = [sample.ndcg for sample in quality if len(sample.lengths) >= LEAST_IN_PROTOCOL]
    return int(mean_shares(asked, fallback).argmax()) if asked else fallback


def mean_shares(quality: Sequence[Floats], reference: int = 0) -> Floats:
    """[G] the mean over the protocols of each point's NDCG as a share of that of the reference point.

    `quality`: [G, C] NDCG of each protocol. It is 1 for the reference, and minus infinity for another point unless the
    mean surely gains and no protocol loses: what wins before each event may ruin whole lists.
    """
    shares = np.stack([_share(sample, reference) for sample in quality])  # [protocols, G]
    errors = np.stack([_share_error(sample, reference) for sample in quality])
    gains = shares.mean(axis=0) - 1
    is_sure = gains > ERRORS * np.sqrt((errors**2).sum(axis=0)) / len(quality)
    chosen = (is_sure & (shares >= 1).all(axis=0)) | (np.arange(len(GRID)) == reference)
    return np.where(chosen, gains + 1, -np.inf).astype(np.float32)


def _share(sample: Floats, reference: int) -> Floats:
    """[G] each point's mean NDCG over that of the reference point."""
    means = sample.mean(axis=1)
    return np.asarray(means / max(float(means[reference]), LEAST_NDCG))


def _share_error(sample: Floats, reference: int) -> Floats:
    """[G] the standard error of each point's share."""
    differences = sample - sample[[reference]]  # [G, C]
    mean = max(float(sample[reference].mean()), LEAST_NDCG)
    return np.asarray(differences.std(axis=1) / np.sqrt(sample.shape[1]) / mean)


def measure_achieved(quality: LinkQuality, gains: LinkGains) -> float:
    """The mean NDCG of lists with the gains of their class."""
    pairs = zip(quality.lengths.tolist(), quality.returning.tolist(), strict=True)
    points = [GRID.index(gains.at(length, returns)) if length else 0 for length, returns in pairs]
    return float(quality.ndcg[points, np.arange(len(points))].mean())
