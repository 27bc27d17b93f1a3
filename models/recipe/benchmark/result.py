"""The result of a benchmark: figures of every method over the same lists, and the difference of Chorus to each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from models.contract.arrays import Doubles, Indices
from models.contract.replaced_file import replace_file
from models.evaluation.full_ranking import match_relevant
from models.evaluation.metrics.hit_rate import hit_rate
from models.evaluation.metrics.ndcg import ndcg
from models.evaluation.paired_bootstrap import LEVEL, RESAMPLES, Interval, bootstrap_difference
from models.evaluation.protocols import RankingCase
from models.job.settings import Setting
from models.recipe.benchmark.factorisation import SEED as FACTORISATION_SEED
from models.recipe.benchmark.leave_out import HeldOut
from models.recipe.benchmark.methods import TUNING_LISTS, Ranked
from models.recipe.benchmark.slices import Slice, slice_lists

K, DEEP_K = 10, 50
"""The lengths of list that are measured."""
BOOTSTRAP_SEED = 0
CHORUS = "chorus"
PROTOCOL = (
    "Each user's last item is held out. Everything is fitted on what comes before it, and all items of the catalogue "
    "that the user has not had are ranked. A user whose last item is a repetition has no list."
)


@dataclass(frozen=True, slots=True)
class Row:
    """A method's figures; `difference` is Chorus's NDCG@10 less the method's, None for Chorus itself."""

    name: str
    settings: str
    hit_rate_at_10: float
    hit_rate_at_50: float
    ndcg_at_10: float
    difference: Interval | None


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
    lists: int
    items: int
    training_events: int
    rows: Sequence[Row]
    slices: Sequence[Slice]
    training: Training
    left_out: Mapping[str, str] = field(default_factory=dict)  # rows and slices that are not there -> why
    protocol: str = PROTOCOL
    tuning_lists: int = TUNING_LISTS
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


def compare(name: str, test: HeldOut, ranked: Sequence[Ranked], training: Training) -> BenchmarkResult:
    """The result from every method's lists [C, DEEP_K]; the first method is Chorus."""
    figures = [_measure(method.lists, test.case) for method in ranked]
    rows = [
        Row(
            method.name,
            method.settings,
            float(own.hits_at_10.mean()),
            float(own.hits_at_50.mean()),
            float(own.ndcg_at_10.mean()),
            None
            if number == 0
            else bootstrap_difference(figures[0].ndcg_at_10, own.ndcg_at_10, BOOTSTRAP_SEED),
        )
        for number, (method, own) in enumerate(zip(ranked, figures, strict=True))
    ]
    return BenchmarkResult(
        data_set=name,
        lists=len(test.case),
        items=test.case.seen.shape[1],
        training_events=len(test.items),
        rows=rows,
        slices=slice_lists(test, {method.name: method.lists for method in ranked}),
        training=training,
    )


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
