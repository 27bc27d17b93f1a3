"""The choice of a baseline's settings on the lists before the test, and its lists of the test."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Indices
from models.contract.even_sample import take_evenly
from models.evaluation.full_ranking import mean_ndcg, rank_lists
from models.recipe.benchmark.held_out import HeldOut
from models.recipe.benchmark.readings import Reading, weigh_histories
from models.recipe.benchmark.user_baseline import UserBaseline, UserScorer

TUNING_LISTS = 2_000
"""Lists over which settings are chosen, evenly spaced among the users."""


@dataclass(frozen=True, slots=True)
class Family:
    """A baseline with its settings, and the rows of the table that it gives: name -> readings of the history."""

    baselines: tuple[UserBaseline, ...]
    rows: Mapping[str, tuple[Reading, ...]]


@dataclass(frozen=True, slots=True)
class Ranked:
    """The lists [C, K] of a method, with the settings that were chosen."""

    name: str
    settings: str
    lists: Indices


def rank_by_family(family: Family, valid: HeldOut, test: HeldOut, k: int) -> list[Ranked]:
    """The rows of a family: the settings with the best NDCG@10 on `valid`, fitted again on all before `test`.

    `test` has no part in the choice. The first of equal settings is chosen. Raises BaselineRefusedError.
    """
    readings = [reading for readings in family.rows.values() for reading in readings]
    if len(family.baselines) * len(readings) == 1:
        chosen = dict.fromkeys(family.rows, (family.baselines[0], readings[0]))
    else:
        quality = {
            (number, reading): ndcg
            for number, baseline in enumerate(family.baselines)
            for reading, ndcg in _try_readings(baseline, readings, valid).items()
        }
        chosen = {}
        for name, own in family.rows.items():
            number, reading = max((key for key in quality if key[1] in own), key=quality.__getitem__)
            chosen[name] = (family.baselines[number], reading)
    return [_rank(name, baseline, reading, test, k) for name, (baseline, reading) in chosen.items()]


def _try_readings(baseline: UserBaseline, readings: list[Reading], valid: HeldOut) -> dict[Reading, float]:
    """Reading -> NDCG@10 on at most TUNING_LISTS lists."""
    scorer = baseline.fit(valid.interactions())
    numbers = take_evenly(np.arange(len(valid.case), dtype=np.int64), TUNING_LISTS)
    case = valid.case.take(numbers)
    return {reading: mean_ndcg(rank_with(scorer, reading, valid, numbers, 10), case) for reading in readings}


def rank_with(scorer: UserScorer, reading: Reading, held_out: HeldOut, numbers: Indices, k: int) -> Indices:
    """The top k [c, k] of the lists with these numbers [c], from the user's history as read."""
    case = held_out.case.take(numbers)
    shape = held_out.case.seen.shape
    histories = weigh_histories(held_out.items, held_out.offsets, shape[1], reading)[case.users]
    return rank_lists(lambda lists: scorer(case.users[lists], histories[lists]), case, k)


def _rank(name: str, baseline: UserBaseline, reading: Reading, test: HeldOut, k: int) -> Ranked:
    everyone = np.arange(len(test.case), dtype=np.int64)
    lists = rank_with(baseline.fit(test.interactions()), reading, test, everyone, k)
    return Ranked(name, "; ".join(filter(None, (baseline.settings, reading.settings))), lists)
