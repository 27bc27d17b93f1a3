"""Print the task benchmark's result as tables on a terminal."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from models.recipe.benchmark.task_result import AUC, Spread, TaskResult

FIGURES = {AUC: "AUC", "user_auc": "per-user AUC", "log_loss": "log loss", "ece": "ECE"}
"""Figure -> heading."""


def print_task_result(result: TaskResult, console: Console) -> None:
    """Print the protocol, the AUC of every method with the default's differences, and all figures of each head."""
    counts = ", ".join(f"{count:,} {part}" for part, count in result.exposures.items())
    console.print(f"{result.data_set}: exposures {counts}. {result.protocol}", highlight=False)
    console.print(_tabulate_auc(result))
    for head, share in result.positives.items():
        console.print(_tabulate_head(result, head, share))
    for row in result.rows:
        chosen = "; ".join(f"{head}: {settings}" for head, settings in row.settings.items() if settings)
        seeds = f"seeds {', '.join(map(str, row.seeds))}" if row.seeds else "no seed"
        seconds = result.seconds.get(row.name, 0.0)
        console.print(
            f"{row.name}: {'; '.join(filter(None, (chosen, seeds)))}; {seconds:.0f} s", highlight=False
        )
    for name, reason in result.left_out.items():
        console.print(f"Left out: {name}, since {reason}", highlight=False)


def _tabulate_auc(result: TaskResult) -> Table:
    table = Table("AUC, mean over seeds (least to greatest)", box=SIMPLE_HEAD)
    for head in (*result.positives, "mean"):
        table.add_column(head, justify="right")
    table.add_column("default less it: " + ", ".join((*result.positives, "mean")), justify="right")
    for row in result.rows:
        spreads = [*(row.heads[head][AUC] for head in result.positives), row.mean_auc]
        differences = " ".join(f"{value:+.4f}" for value in (row.difference or {}).values())
        table.add_row(row.name, *map(_format, spreads), differences)
    return table


def _tabulate_head(result: TaskResult, head: str, share: float) -> Table:
    table = Table(f"{head}, {share:.1%} of the test exposures", box=SIMPLE_HEAD)
    for heading in FIGURES.values():
        table.add_column(heading, justify="right")
    for row in result.rows:
        table.add_row(row.name, *(_format(row.heads[head][figure]) for figure in FIGURES))
    return table


def _format(spread: Spread) -> str:
    if spread.low == spread.high:
        return f"{spread.mean:.4f}"
    return f"{spread.mean:.4f} ({spread.low:.4f}-{spread.high:.4f})"
