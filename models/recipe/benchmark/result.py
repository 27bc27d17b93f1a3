"""The result of a benchmark: figures of every method over the same lists, and the difference of Chorus to each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.contract.replaced_file import replace_file
from models.evaluation.full_ranking import match_relevant
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.paired_bootstrap import (
    LEVEL,
    RESAMPLES,
    Interval,
    bootstrap_difference,
    bootstrap_mean,
)
from models.evaluation.protocols import RankingCase
from models.job.settings import Setting
from models.recipe.benchmark.chance import Chance, expect_by_chance
from models.recipe.benchmark.factorisation import SEED as FACTORISATION_SEED
from models.recipe.benchmark.methods import TUNING_LISTS, Ranked
from models.recipe.benchmark.slices import Slice, slice_lists
from models.recipe.benchmark.split import Split, View

K, DEEP_K = 10, 50
"""The lengths of list that are measured."""
BOOTSTRAP_SEED = 0
CHORUS = "chorus"
WITHOUT_CLOCK = {"slices by age of the item": "the log has an order and no times"}


@dataclass(frozen=True, slots=True)
class Row:
    """A method's figures; `difference` is Chorus's NDCG@10 less the method's, None for Chorus itself."""

    name: str
    settings: str
    hit_rate_at_10: float
    hit_rate_at_50: float
    ndcg_at_10: float
    ndcg_at_10_interval: Interval
    difference: Interval | None


@dataclass(frozen=True, slots=True)
class Ranking:
    """The figures of every method over the same lists of these candidates; the first row is Chorus."""

    candidates: str
    lists: int
    chance: Chance
    rows: Sequence[Row]
    slices: Sequence[Slice]


@dataclass(frozen=True, slots=True)
class Training:
    """How Chorus was trained: the bundle's version, the seconds of `chorus train`, and every key of the job."""

    model_version: str
    seconds: float
    settings: Mapping[str, Setting]


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """All that result.json has."""

    data_set: str
    items: int
    training_events: int
    rankings: Sequence[Ranking]
    training: Training
    left_out: Mapping[str, str]  # rows and slices that are not there -> why
    protocol: str
    tuning: str  # how the baselines' settings were chosen
    bootstrap_seed: int = BOOTSTRAP_SEED
    bootstrap_resamples: int = RESAMPLES
    bootstrap_level: float = LEVEL
    factorisation_seed: int = FACTORISATION_SEED


@dataclass(frozen=True, slots=True)
class _Figures:
    """The figures [C] of a method's lists."""

    hits_at_10: Doubles
    hits_at_50: Doubles
    ndcg_at_10: Doubles


def compare(
    name: str,
    split: Split,
    ranked: Sequence[Sequence[Ranked]],
    training: Training,
    left_out: Mapping[str, str],
) -> BenchmarkResult:
    """The result from every method's lists [C, DEEP_K] of each view of the split; the first method is Chorus."""
    test = split.test
    return BenchmarkResult(
        data_set=name,
        items=test.case.seen.shape[1],
        training_events=len(test.items),
        rankings=[_compare_view(view, own) for view, own in zip(split.views, ranked, strict=True)],
        training=training,
        left_out=dict(left_out) if test.times is not None else {**WITHOUT_CLOCK, **left_out},
        protocol=split.protocol,
        tuning=f"best NDCG@10 {split.tuning.format(lists=TUNING_LISTS)}",
    )


def _compare_view(view: View, ranked: Sequence[Ranked]) -> Ranking:
    return Ranking(
        candidates=view.candidates,
        lists=len(view.test.case),
        chance=expect_by_chance(view.test.case),
        rows=_compare_rows(ranked, view.test.case),
        slices=slice_lists(view.test, {method.name: method.lists for method in ranked}),
    )


def _compare_rows(ranked: Sequence[Ranked], case: RankingCase) -> list[Row]:
    figures = [_measure(method.lists, case) for method in ranked]
    return [
        Row(
            method.name,
            method.settings,
            float(own.hits_at_10.mean()),
            float(own.hits_at_50.mean()),
            float(own.ndcg_at_10.mean()),
            bootstrap_mean(own.ndcg_at_10, BOOTSTRAP_SEED),
            None
            if number == 0
            else bootstrap_difference(figures[0].ndcg_at_10, own.ndcg_at_10, BOOTSTRAP_SEED),
        )
        for number, (method, own) in enumerate(zip(ranked, figures, strict=True))
    ]


def write_result(result: BenchmarkResult, path: Path) -> None:
    """Write the result as JSON."""
    replace_file(path, json.dumps(asdict(result), indent=1).encode() + b"\n")


def _measure(lists: Indices, case: RankingCase) -> _Figures:
    short, deep = match_relevant(lists[:, :K], case), match_relevant(lists[:, :DEEP_K], case)
    return _Figures(
        hits_at_10=hit_rate(short.hits),
        hits_at_50=hit_rate(deep.hits),
        ndcg_at_10=np.asarray(ndcg(short.hits, short.relevant)),
    )
