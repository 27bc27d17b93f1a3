"""The figures of one bundle: what each contender did, and how Chorus compares."""

import statistics
from collections.abc import Callable, Collection, Sequence

from pydantic import BaseModel, ConfigDict

from benchmarks.serving.contender import Contender
from benchmarks.serving.load import Sample
from benchmarks.serving.turns import CONNECTIONS, Turn, take_median

CHORUS, FLOOR, NAIVE = "chorus", "floor", "naive"


class LoadFigures(BaseModel):
    """Medians over the turns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    lists_per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """Processor time of the server, without Redis, for a list and its share of the events; 0: not measured."""
    failed: int
    """Calls that failed in all turns together."""


class ContenderFigures(BaseModel):
    """One contender on one bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ready_s: float
    memory_mb: float
    closed: dict[int, LoadFigures]
    """By number of connections."""
    open: LoadFigures
    """At 70 % of the throughput at eight connections."""


class Ratios(BaseModel):
    """How Chorus compares: medians of the ratios within a turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: float
    floor_cpu: float
    """By processor time of the servers instead of answers a second: it holds on a shared machine, too."""
    naive: float | None
    naive_cpu: float | None
    p99_over_p50: float
    open_p99_over_p50: float


class BundleFigures(BaseModel):
    """All contenders on one bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: str
    items: int
    contenders: dict[str, ContenderFigures]
    ratios: Ratios
    stages_us: dict[str, float]
    """Microseconds of a list by stage, from /metrics of Chorus, on one connection."""
    operations: dict[str, float]
    batch_pairs_per_s: float
    """Of POST /v1/batch-score on one connection."""


def summarise_contender(contender: Contender, turns: Sequence[Turn]) -> ContenderFigures:
    """The figures of a contender, with its memory after the turns."""
    name = contender.name
    return ContenderFigures(
        ready_s=contender.ready_s,
        memory_mb=contender.memory_mb(),
        closed={
            number: summarise_samples([turn.closed[name, number] for turn in turns]) for number in CONNECTIONS
        },
        open=summarise_samples([turn.open[name] for turn in turns]),
    )


def summarise_samples(samples: Sequence[Sample]) -> LoadFigures:
    """Medians over the samples of the turns."""
    return LoadFigures(
        lists_per_s=statistics.median(sample.rate for sample in samples),
        p50_ms=statistics.median(sample.percentile(50) for sample in samples),
        p99_ms=statistics.median(sample.percentile(99) for sample in samples),
        cpu_us=statistics.median(sample.cpu_us for sample in samples),
        failed=sum(sample.failed for sample in samples),
    )


def compare(turns: Sequence[Turn], names: Collection[str]) -> Ratios:
    """The ratios of Chorus; without the naive design its ratio is None."""

    def median_of_naive(read: Callable[[Turn], float]) -> float | None:
        return take_median(turns, read) if NAIVE in names else None

    return Ratios(
        floor=take_median(turns, lambda turn: turn.rate_ratio(CHORUS, FLOOR)),
        floor_cpu=take_median(turns, lambda turn: turn.cpu_ratio(CHORUS, FLOOR)),
        naive=median_of_naive(lambda turn: turn.rate_ratio(CHORUS, NAIVE)),
        naive_cpu=median_of_naive(lambda turn: turn.cpu_ratio(CHORUS, NAIVE)),
        p99_over_p50=take_median(turns, lambda turn: turn.tail_ratio(CHORUS)),
        open_p99_over_p50=take_median(turns, lambda turn: turn.open_ratio(CHORUS)),
    )
