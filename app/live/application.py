"""Apply live counts to a bundle: its items' popularity, and which items go together."""

from datetime import datetime

import numpy as np

from app.bundle.bundle import LoadedBundle
from app.bundle.co_occurrence import PartnerTable
from app.live.counts import PairSums
from models.contract.arrays import Doubles
from models.contract.bundle import Manifest
from models.contract.calendar import DAY
from models.contract.live_statistics import add_live_counts, measure_co_occurrence


def find_since(manifest: Manifest, *, timed: bool) -> float:
    """The moment from which on events are not in the bundle's statistics, in Unix seconds."""
    if timed:
        return manifest.statistics_at
    try:
        return datetime.fromisoformat(manifest.created_at).timestamp()
    except ValueError:
        return 0.0


def apply_popularity(bundle: LoadedBundle, counts: Doubles, half_life_s: float) -> None:
    """Bring the statistics of the catalogue's first n items to live counts [n], and their biases with them.

    An item's bias follows by what the network learned of popularity, unless that would lower it.
    """
    catalogue, predictor = bundle.catalogue, bundle.predictor
    rows = np.flatnonzero(counts)
    trained = catalogue.trained_statistics[rows]
    ceilings = catalogue.trained_statistics.max(axis=0)
    ratio = predictor.half_life_days * DAY / half_life_s
    live = add_live_counts(trained, counts[rows], ratio, ceilings)
    change = predictor.popularity_bias(live) - predictor.popularity_bias(trained)
    catalogue.set_live(rows, live, np.maximum(change, 0))


def relate_items(bundle: LoadedBundle, pairs: PairSums, counts: Doubles) -> None:
    """Replace the bundle's table of co-occurrence; `counts` [n] are those of all items, whatever the bundle knows."""
    n = len(counts)
    keys, numbers = np.unique(
        np.minimum(pairs.first, pairs.second) * n + np.maximum(pairs.first, pairs.second),
        return_inverse=True,
    )
    together = np.bincount(numbers, pairs.counts, minlength=len(keys)).astype(np.float64)
    first, second = keys // max(n, 1), keys % max(n, 1)
    strengths = measure_co_occurrence(together, counts[first], counts[second])
    bundle.together.table = PartnerTable.of(first, second, strengths)
