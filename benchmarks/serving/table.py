"""Print the result of the benchmark as tables on a terminal."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from benchmarks.serving.figures import BundleFigures
from benchmarks.serving.result import Result

TARGETS = {
    "floor_ratio": "",
    "floor_ratio_cpu": "",
    "floor_ratio_ml1m": ">= .35",
    "floor_ratio_million": ">= .25",
    "floor_ratio_cpu_million": "",
    "naive_ratio": ">= 4",
    "naive_ratio_cpu": "",
    "p99_over_p50": "<= 3",
    "open_p99_over_p50": "<= 6",
    "rss_million_mb": "<= 1600",
    "ready_million_s": "<= 5",
    "recall_million": ">= .97",
    "query_ratio_million": "<= 2",
    "put_item_million_ms": "<= 50",
    "workers2_ratio": ">= .9",
    "batch_score_ratio": ">= .6",
}
"""Figure -> what it shall reach (docs/performance.md)."""


def print_result(console: Console, result: Result) -> None:
    """Print the contenders on each bundle, the stages, and the figures with targets."""
    for figures in (result.base, result.million):
        if figures is not None:
            console.print(render_contenders(figures))
            console.print(render_stages(figures))
    console.print(render_targets(result))
    for note in result.notes:
        console.print(f"note: {note}")


def render_contenders(figures: BundleFigures) -> Table:
    """A row for each contender and load; rates are medians over the turns."""
    table = Table(
        *("server", "load", "lists/s", "p50 ms", "p99 ms", "CPU us", "failed", "ready s", "memory MB"),
        title=f"{figures.bundle}, {figures.items:,} items",
    )
    for name, contender in figures.contenders.items():
        loads = {f"{number} connections": load for number, load in contender.closed.items()}
        for title, load in (loads | {"70 % of capacity": contender.open}).items():
            cpu = f"{load.cpu_us:,.0f}" if load.cpu_us else ""
            cells = (f"{load.lists_per_s:.0f}", f"{load.p50_ms:.1f}", f"{load.p99_ms:.1f}", cpu)
            table.add_row(
                name,
                title,
                *cells,
                str(load.failed),
                f"{contender.ready_s:.1f}",
                f"{contender.memory_mb:.0f}",
            )
    return table


def render_stages(figures: BundleFigures) -> Table:
    """Microseconds of a list by stage, and milliseconds of single operations."""
    table = Table("stage or operation", "takes", title=f"Chorus on {figures.bundle}")
    for stage, took in figures.stages_us.items():
        table.add_row(stage, f"{took:,.0f} us")
    for name, value in figures.operations.items():
        table.add_row(name.removesuffix("_ms"), f"{value:.2f} ms" if name.endswith("_ms") else f"{value:.2f}")
    return table


def render_targets(result: Result) -> Table:
    """A row for each figure with a target."""
    table = Table("figure", "measured", "target", title="Figures with targets")
    for row in list_targets(result):
        table.add_row(*row)
    batch = result.batch
    table.add_row("batch-score, pairs/s over HTTP", f"{batch.http_pairs_per_s:,.0f}", "")
    table.add_row("bare products, pairs/s", f"{batch.products_pairs_per_s:,.0f}", "")
    if batch.file is not None:
        table.add_row(f"chorus batch-score of {batch.file.pairs:,} pairs", f"{batch.file.seconds:.1f} s", "")
        table.add_row("its peak memory", f"{batch.file.peak_mb:.0f} MB", "")
    return table


def list_targets(result: Result) -> Iterator[tuple[str, str, str]]:
    """Yield the figure's name, its value or why there is none, and the target."""
    for name, target in TARGETS.items():
        value = getattr(result, name)
        yield name, result.reasons.get(name, "not measured") if value is None else f"{value:.3g}", target
