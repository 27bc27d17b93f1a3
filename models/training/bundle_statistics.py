"""The item statistics of a bundle: what is known of every item at the moment of one part of the log."""

import numpy as np

from models.contract.arrays import Floats, Indices
from models.contract.statistics import ItemEvents, item_statistics
from models.training.corpus import Corpus, to_item_events


def find_stops(corpus: Corpus, part: int) -> Indices:
    """[U] each user's first row that is of `part` or later: the end of what came before."""
    known = np.concatenate([[0], np.cumsum(corpus.part < part)])
    return np.asarray(corpus.offsets[:-1] + np.diff(known[corpus.offsets]), dtype=np.int64)


def compute_bundle_statistics(corpus: Corpus, snapshot: int, stops: Indices) -> Floats:
    """[I, S] as of a snapshot. Without times all events before each user's `stops` [U] count alike.

    Those serve the source of popular items alone: the network has zeros in their place.
    """
    if corpus.spec.timed:
        return np.asarray(corpus.statistics[snapshot])
    known = np.arange(len(corpus.items)) < np.repeat(stops, np.diff(corpus.offsets))
    rows = np.sort(corpus.log_rows[known])
    whole = to_item_events(corpus.log, corpus.spec)
    events = ItemEvents(whole.items[rows], np.zeros(len(rows)), whole.values[rows])
    return np.asarray(item_statistics(events, np.ones(1), len(corpus.catalogue.ids), half_life_days=1.0)[0])
