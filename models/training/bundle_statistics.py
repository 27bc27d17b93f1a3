"""The item statistics of a bundle, at the start of a part of the log or after all events."""

import numpy as np

from models.contract.arrays import Floats, Indices, Mask
from models.contract.statistics import ItemEvents, item_statistics
from models.data.dataset import take
from models.training.corpus import Corpus
from models.training.snapshots import to_item_events


def find_stops(corpus: Corpus, part: int) -> Indices:
    """[U] each user's first corpus row of `part` or a later part."""
    before = np.concatenate([[0], np.cumsum(corpus.part < part)])
    return np.asarray(corpus.offsets[:-1] + np.diff(before[corpus.offsets]), dtype=np.int64)


def mark_before(corpus: Corpus, stops: Indices) -> Mask:
    """[n] True for the corpus's events before each user's row `stops` [U]."""
    return np.asarray(np.arange(len(corpus.items)) < np.repeat(stops, np.diff(corpus.offsets)))


def compute_bundle_statistics(corpus: Corpus, snapshot: int, stops: Indices) -> Floats:
    """[I, S + A] item statistics at a snapshot; without times, of all events before each user's row `stops` [U].

    Without times only the source of popular items uses them: the network reads zeros, and rates are 0.
    """
    if corpus.spec.timed:
        return np.asarray(corpus.statistics[snapshot])
    rows = np.sort(corpus.log_rows[mark_before(corpus, stops)])
    taken = to_item_events(take(corpus.log, rows), corpus.spec)
    events = ItemEvents(taken.items, np.zeros(len(taken.items)), taken.values)
    items = len(corpus.catalogue.ids)
    statistics = item_statistics(events, np.ones(1), items, half_life_days=1.0)[0]
    rates = np.zeros((items, len(corpus.spec.action_rates)), dtype=np.float32)
    return np.concatenate([statistics, rates], axis=1)
