"""Print a benchmark's result as tables on a terminal."""

from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.evaluation.paired_bootstrap import Interval
from models.recipe.benchmark.result import BenchmarkResult, Ranking


def print_result(result: BenchmarkResult, console: Console) -> None:
    """Print the protocol, and for each ranking the figures of every method and NDCG@10 by slice."""
    size = f"{result.items:,} items, after {result.training_events:,} events"
    console.print(f"{result.data_set}: {size}. {result.protocol}", highlight=False)
    for ranking in result.rankings:
        console.print(f"{ranking.lists:,} lists of {ranking.candidates}:", highlight=False)
        console.print(_tabulate_methods(ranking, result.bootstrap_level), *_tabulate_slices(ranking))
    training = result.training
    console.print(
        f"{training.model_version}, trained in {training.seconds:.0f} s. Seeds: training "
        f"{training.settings.get('training.seed')}, ALS and BPR {result.factorisation_seed}, bootstrap "
        f"{result.bootstrap_seed} ({result.bootstrap_resamples:,} resamples). "
        f"Settings of the baselines: {result.tuning}",
        highlight=False,
    )
    for name, reason in result.left_out.items():
        console.print(f"Left out: {name}, since {reason}", highlight=False)


def _tabulate_methods(ranking: Ranking, level: float) -> Table:
    table = Table("Method", "Settings", box=SIMPLE_HEAD)
    for heading in ("HR@10", "HR@50", "NDCG@10", f"Chorus less it, NDCG@10 ({level:.0%} interval)"):
        table.add_column(heading, justify="right")
    for row in ranking.rows:
        figures = (row.hit_rate_at_10, row.hit_rate_at_50, row.ndcg_at_10)
        table.add_row(
            row.name, row.settings, *(f"{figure:.4f}" for figure in figures), _format(row.difference)
        )
    by_chance = (ranking.chance.hit_rate_at_10, ranking.chance.hit_rate_at_50, ranking.chance.ndcg_at_10)
    table.add_row("chance", "expected", *(f"{figure:.4f}" for figure in by_chance))
    return table


def _tabulate_slices(ranking: Ranking) -> Iterator[Table]:
    for by in dict.fromkeys(part.by for part in ranking.slices):
        parts = [part for part in ranking.slices if part.by == by]
        table = Table(f"NDCG@10 by {by}", box=SIMPLE_HEAD)
        for part in parts:
            table.add_column(f"{part.part} ({part.lists:,} lists)", justify="right")
        for row in ranking.rows:
            table.add_row(row.name, *(f"{part.ndcg_at_10[row.name]:.4f}" for part in parts))
        yield table


def _format(interval: Interval | None) -> str:
    if interval is None:
        return ""
    return f"{interval.mean:+.4f} ({interval.low:+.4f} to {interval.high:+.4f})"
