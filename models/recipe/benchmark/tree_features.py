"""The network's features of an exposure as a table for trees, with smoothed rates of the past for every head."""

from collections.abc import Mapping

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices, Indices32
from models.recipe.benchmark.boosted_trees import FeatureTable
from models.recipe.benchmark.smoothed_rates import PastRates
from models.training.corpus import Corpus

MOST_TOKENS = 4
"""Labels of an item that have a column each; of further ones the trees know nothing."""
STRENGTH = 10.0
"""Smoothing of the rates; trees read the number of events beside each."""


def build_features(corpus: Corpus, rates: Mapping[str, PastRates]) -> FeatureTable:
    """The features [n, F] of the corpus's events: of item, user, the user's last event, context and past rates.

    In place of an item's or a user's ID, which trees cannot use, stand the rates.
    """
    rows = np.arange(len(corpus.items), dtype=np.int64)
    users, items = corpus.user_of(rows), corpus.items.astype(np.int64)
    categories = [
        _blank_padding(corpus.context),
        _blank_padding(corpus.profile_tokens[users]),
        _blank_padding(corpus.catalogue.tokens[items][:, :MOST_TOKENS]),
    ]
    numbers: list[Floats | Doubles] = [
        corpus.statistics[corpus.snapshot, items],
        corpus.catalogue.numeric[items],
        corpus.profile_numeric[users],
        _read_last(corpus, rows, users),
        *(_read_rates(own) for own in rates.values()),
    ]
    width = sum(block.shape[1] for block in categories)
    return FeatureTable(
        np.concatenate([*categories, *(block.astype(np.float64) for block in numbers)], axis=1),
        tuple(range(width)),
    )


def _read_last(corpus: Corpus, rows: Indices, users: Indices) -> Doubles:
    """[n, N] the numbers of the user's last event, nan for the first one of a user."""
    last = corpus.dense[np.maximum(rows - 1, 0)].astype(np.float64)
    last[rows == corpus.offsets[users]] = np.nan
    return last


def _read_rates(rates: PastRates) -> Doubles:
    """[n, 2 K] for each of K keys the log-odds of its smoothed rate and the log of its events."""
    columns = [rates.measure(key, STRENGTH) for key in rates.by_key]
    columns += [np.log1p(counts.events) for counts in rates.by_key.values()]
    return np.stack(columns, axis=1)


def _blank_padding(tokens: Indices | Indices32) -> Doubles:
    """[n, C] tokens less 1, with nan for padding."""
    return np.where(tokens > 0, tokens - 1.0, np.nan)
