"""The result of the benchmark: the figures that have targets, by name, and all others below them."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from benchmarks.serving.batch import FileFigures
from benchmarks.serving.bundles import MOVIELENS_1M
from benchmarks.serving.figures import CHORUS, BundleFigures


class BatchFigures(BaseModel):
    """Batch scoring on the first bundle."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    http_pairs_per_s: float
    products_pairs_per_s: float
    file: FileFigures | None

    @property
    def ratio(self) -> float:
        """HTTP over the bare products."""
        return self.http_pairs_per_s / self.products_pairs_per_s


class Result(BaseModel):
    """One run. A figure that was not measured is None, and `reasons` has why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor_ratio: float
    """On the first bundle, whichever it is."""
    floor_ratio_cpu: float
    floor_ratio_ml1m: float | None
    floor_ratio_million: float | None
    floor_ratio_cpu_million: float | None
    naive_ratio: float | None
    naive_ratio_cpu: float | None
    p99_over_p50: float
    open_p99_over_p50: float
    rss_million_mb: float | None
    ready_million_s: float | None
    recall_million: float | None
    query_ratio_million: float | None
    put_item_million_ms: float | None
    workers2_ratio: float | None
    batch_score_ratio: float
    reasons: dict[str, str]
    notes: tuple[str, ...]
    turns: int
    seconds: float
    base: BundleFigures
    million: BundleFigures | None
    batch: BatchFigures


OF_MILLION = tuple(name for name in Result.model_fields if "_million" in name)


class Measured(BaseModel):
    """The figures of a run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: BundleFigures
    million: BundleFigures | None
    recall: float | None
    batch: BatchFigures


def build_result(measured: Measured, notes: Sequence[str], turns: int, seconds: float) -> Result:
    """Name the figures, and say why one is missing."""
    base, million, reasons = measured.base, measured.million, dict[str, str]()
    is_ml1m = base.bundle.startswith(MOVIELENS_1M)
    if not is_ml1m:
        reasons["floor_ratio_ml1m"] = f"of another bundle: floor_ratio is that of {base.bundle}"
    if million is None:
        reasons |= dict.fromkeys(OF_MILLION, "a run without the grown bundle (--items 0)")
    reasons["workers2_ratio"] = "not measured: two workers and the generator need a core each"
    service = None if million is None else million.contenders[CHORUS]
    return Result(
        floor_ratio=base.ratios.floor,
        floor_ratio_cpu=base.ratios.floor_cpu,
        floor_ratio_ml1m=base.ratios.floor if is_ml1m else None,
        floor_ratio_million=None if million is None else million.ratios.floor,
        floor_ratio_cpu_million=None if million is None else million.ratios.floor_cpu,
        naive_ratio=base.ratios.naive,
        naive_ratio_cpu=base.ratios.naive_cpu,
        p99_over_p50=base.ratios.p99_over_p50,
        open_p99_over_p50=base.ratios.open_p99_over_p50,
        rss_million_mb=None if service is None else service.memory_mb,
        ready_million_s=None if service is None else service.ready_s,
        recall_million=measured.recall,
        query_ratio_million=None if million is None else million.operations["query_ratio"],
        put_item_million_ms=None if million is None else million.operations["put_item_ms"],
        workers2_ratio=None,
        batch_score_ratio=measured.batch.ratio,
        reasons=reasons,
        notes=tuple(notes),
        turns=turns,
        seconds=seconds,
        base=base,
        million=million,
        batch=measured.batch,
    )


def write_result(path: Path, result: Result) -> None:
    """Write the result as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(result.model_dump_json(indent=1) + "\n", encoding="utf-8")
