"""Apply live counts to a bundle: its items' popularity, and which items go together."""

from datetime import datetime

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.co_occurrence import PartnerTable
from app.live.sums import KeySums
from models.contract.bundle import Manifest
from models.contract.calendar import DAY
from models.contract.live_statistics import add_live_counts, measure_co_occurrence

LEAST_STRENGTH = 0.01
"""The least co-occurrence that is used."""
MOST_PAIRS = 50_000
"""The strongest pairs that are used."""


def find_since(manifest: Manifest, *, timed: bool) -> float:
    """The moment from which on events are not in the bundle's statistics, in Unix seconds."""
    if timed:
        return manifest.statistics_at
    try:
        return datetime.fromisoformat(manifest.created_at).timestamp()
    except ValueError:
        return 0.0


def apply_popularity(bundle: LoadedBundle, counts: KeySums, half_life_s: float) -> None:
    """Bring the statistics of the catalogue's items to their live counts, and their biases with them.

    An item's bias follows by what the network learned of popularity, unless that would lower it.
    """
    catalogue, predictor, rows = bundle.catalogue, bundle.predictor, counts.keys
    trained = catalogue.trained_statistics[rows]
    ceilings = catalogue.trained_statistics.max(axis=0)
    ratio = predictor.half_life_days * DAY / half_life_s
    live = add_live_counts(trained, counts.sums, ratio, ceilings)
    change = predictor.popularity_bias(live) - predictor.popularity_bias(trained)
    catalogue.set_live(rows, live, np.maximum(change, 0))


def relate_items(bundle: LoadedBundle, pairs: KeySums, counts: KeySums, items: int) -> None:
    """Replace the bundle's table of co-occurrence.

    `pairs` are those of the first `items` rows; `counts` are those of their items, whatever the bundle knows.
    """
    of_items = np.zeros(items)
    of_items[counts.keys] = counts.sums
    first, second = pairs.first_rows(items), pairs.second_rows(items)
    strengths = measure_co_occurrence(pairs.sums, of_items[first], of_items[second])
    told = np.flatnonzero(strengths >= LEAST_STRENGTH)
    told = told[np.argsort(-strengths[told], kind="stable")[:MOST_PAIRS]]
    bundle.together.table = PartnerTable.of(first[told], second[told], strengths[told])
