"""Snapshots of the item statistics: their moments, the snapshot of each event, and the tables."""

import numpy as np
from numpy.typing import NDArray

from models.contract.action_rates import item_rates, reach_rates
from models.contract.arrays import Doubles, Floats, Indices32
from models.contract.feature_spec import FeatureSpec
from models.contract.statistics import ItemEvents, item_statistics
from models.contract.unix_time import NO_TIME
from models.data.dataset import Interactions, take
from models.data.split import Split

SNAPSHOTS = 200
"""The most snapshots of the item statistics."""
SNAPSHOT_CELLS = 20_000_000
"""The most numbers in all snapshots: a larger catalogue has fewer snapshots."""


def choose_moments(
    log: Interactions, split: Split, n_items: int, spec: FeatureSpec
) -> tuple[Doubles, tuple[int, int, int]]:
    """(moments [T], indices) of the statistics, ascending, and the index at which each part begins.

    The moments are quantiles of the training times, the starts of validation and test, and one after all events. With
    earlier events, which have no time, the first moment is before these too: of them it is only known that all came
    before the log, so that none may be counted for another.
    """
    if not spec.timed:
        return np.zeros(1), (0, 0, 0)
    count = int(np.clip(SNAPSHOT_CELLS // max(n_items * spec.statistics_width, 1), 8, SNAPSHOTS))
    quantiles = np.quantile(log.times[split.train[split.train >= log.earlier]], np.linspace(0, 1, count))
    first = [NO_TIME] if log.earlier else []
    at = np.unique(np.concatenate([first, quantiles, [split.valid_at, split.test_at, log.times[-1] + 1]]))
    valid, test = np.searchsorted(at, [split.valid_at, split.test_at])
    return at, (0, int(valid), int(test))


def assign_snapshots(
    at: Doubles, times: Doubles, part: NDArray[np.int8], part_snapshot: tuple[int, int, int]
) -> Indices32:
    """[n] the last snapshot not later than each event, for `times` [n] and parts `part` [n] (0: training).

    Validation and test events use the snapshot at the start of their part, like a service built at that moment.
    """
    snapshots = np.searchsorted(at, times, side="right").astype(np.int32) - np.int32(1)
    np.clip(snapshots, 0, None, out=snapshots)
    for number, snapshot in list(enumerate(part_snapshot))[1:]:
        snapshots[part == number] = snapshot
    return snapshots


def compute_statistics(
    log: Interactions, spec: FeatureSpec, at: Doubles, n_items: int, half_life: float
) -> Floats:
    """[T, I, S + A] item statistics and rates of actions at the moments `at` [T]; zeros if the log has no times."""
    if not spec.timed:  # the order within each user does not tell what was popular when
        return np.zeros((1, n_items, spec.statistics_width), dtype=np.float32)
    statistics = item_statistics(to_item_events(log, spec), at, n_items, half_life)
    if not spec.action_rates:
        return statistics
    return np.concatenate([statistics, _compute_rates(log, spec, at, n_items)], axis=2)


def _compute_rates(log: Interactions, spec: FeatureSpec, at: Doubles, n_items: int) -> Floats:
    """[T, I, A] each item's rates of actions; earlier events are not counted, since exposures are not among them."""
    timed = slice(log.earlier, None)
    reached = reach_rates(log.action_names, spec.action_rates)[log.actions[timed]]
    return item_rates(log.items[timed], log.times[timed], reached, at, n_items, spec.action_rates)


def to_item_events(log: Interactions, spec: FeatureSpec) -> ItemEvents:
    """The log's taken items as input of `item_statistics`, with standardised values."""
    rows = np.flatnonzero(log.weigh(spec.roles) > 0)
    if len(rows) < len(log):
        log = take(log, rows)
    values = (log.values - spec.value_mean) / spec.value_std
    return ItemEvents(items=log.items, times=log.times, values=values.astype(np.float32, copy=False))
