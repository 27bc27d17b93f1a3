"""Benchmark the heads of a data set: train its jobs, print the tables, and write them to a file."""

from pathlib import Path

from rich.console import Console

from models.recipe.benchmark.data_sets import FoundDataSet
from models.recipe.benchmark.task_console import print_task_result
from models.recipe.benchmark.task_days import TaskDays
from models.recipe.benchmark.task_result import write_task_result
from models.recipe.benchmark.task_run import run_task_benchmark


def run_tasks(found: FoundDataSet, days: TaskDays, out: Path, console: Console) -> None:
    """Train the jobs of a data set of heads, and compare their predictions with every other method."""
    result = run_task_benchmark(found, days, out, console)
    write_task_result(result, out / "result.json")
    print_task_result(result, console)
