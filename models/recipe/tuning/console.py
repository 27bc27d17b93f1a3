"""Show a search on a terminal: progress, a line for each trial, and the tables at the end."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress, TaskID
from rich.table import Table

from models.recipe.tuning.space import Values
from models.recipe.tuning.summary import StudySummary, TrialRow
from models.training.early_stopping import EpochFigures

SHOWN = 5
"""The best trials in the table."""


@dataclass(frozen=True, slots=True)
class SearchBars:
    """The bars of a search: its trials, and the steps of the running one."""

    bars: Progress
    trials: TaskID
    running: TaskID

    def count_trials(self, ended: int) -> None:
        """Show how many trials have ended."""
        self.bars.update(self.trials, completed=ended)
        self.bars.update(self.running, completed=0, description="epoch 1")

    def show_step(self, done: int, steps: int, figures: EpochFigures | None) -> None:
        """Show a step of the running trial, as models.training.loop tells it."""
        if figures is None:
            self.bars.update(self.running, completed=done, total=steps)
        else:
            self.bars.update(self.running, completed=0, description=f"epoch {figures.epoch + 2}")


@contextmanager
def open_bars(trials: int, console: Console) -> Iterator[SearchBars]:
    """Show the bars of a search for so many trials, until it ends."""
    with Progress(console=console, transient=True) as bars:
        yield SearchBars(bars, bars.add_task("trials", total=trials), bars.add_task("epoch 1", total=None))


def format_trial(row: TrialRow) -> str:
    """One line for a trial that has ended."""
    if row.figures is None:
        return f"trial {row.number}  {row.outcome}: {row.reason}  {format_values(row.values)}"
    figures = row.figures
    cut = ", cut by training.max_minutes" if figures.was_cut else ""
    return (
        f"trial {row.number}  NDCG@10 {figures.ndcg:.4f}  loss {figures.loss:.3f}  "
        f"({figures.epochs} epochs, {figures.seconds:.0f} s{cut})  {format_values(row.values)}"
    )


def format_values(values: Values) -> str:
    """The values of a trial, in the order of the space."""
    return ", ".join(f"{key} {_format(value)}" for key, value in values.items())


def print_summary(summary: StudySummary, console: Console) -> None:
    """Print the best trials with the job as it stands, and the importance of the keys."""
    outcomes = [row.outcome for row in summary.trials]
    counts = ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in dict.fromkeys(outcomes))
    console.print(f"{summary.job}: {counts or 'no trial has ended'}. {summary.objective}", highlight=False)
    if summary.best is None:
        console.print("no trial is complete: raise --minutes or --trials", style="bold", highlight=False)
        return
    console.print(_tabulate_trials(summary))
    if summary.importance:
        table = Table("Key", box=SIMPLE_HEAD)
        table.add_column(f"Importance, of {outcomes.count('complete')} trials", justify="right")
        for key, share in summary.importance.items():
            table.add_row(key, f"{share:.2f}")
        console.print(table)
    error = 0.0 if summary.best.figures is None else summary.best.figures.error
    console.print(
        f"The standard error of a figure over {summary.lists:,} lists is {error:.4f}; the best of "
        "many trials is also the luckiest. `chorus train` of best.yaml measures it on the test part.",
        highlight=False,
    )


def _tabulate_trials(summary: StudySummary) -> Table:
    complete = sorted(
        (row for row in summary.trials if row.figures is not None), key=lambda row: (-_ndcg(row), row.number)
    )
    table = Table("Trial", box=SIMPLE_HEAD)
    for heading in ("NDCG@10", "At the cut", "Loss", "Epochs"):
        table.add_column(heading, justify="right")
    table.add_column("Values")
    own = summary.job_as_it_stands
    for row in [*complete[:SHOWN], *(row for row in complete[SHOWN:] if row == own)]:
        if row.figures is not None:
            name, figures = (
                f"{row.number}, the job as it stands" if row == own else str(row.number),
                row.figures,
            )
            texts = (
                f"{figures.ndcg:.4f}",
                f"{figures.at_cut:.4f}",
                f"{figures.loss:.3f}",
                str(figures.epochs),
            )
            table.add_row(name, *texts, format_values(row.values))
    return table


def _ndcg(row: TrialRow) -> float:
    return float("-inf") if row.figures is None else row.figures.ndcg


def _format(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
