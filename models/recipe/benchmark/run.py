"""Run a benchmark: write the job, and after its training rank the held-out items by every method."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from models.contract.arrays import Indices
from models.contract.bundle import REPORT
from models.evaluation.baselines.protocol import BaselineRefusedError
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.report.schema import Report
from models.recipe.benchmark.data_sets import FoundDataSet
from models.recipe.benchmark.default_job import write_job
from models.recipe.benchmark.families import list_families
from models.recipe.benchmark.held_out import HeldOut
from models.recipe.benchmark.methods import Family, Ranked, rank_by_family
from models.recipe.benchmark.ordered_log import OrderedLog, read_log
from models.recipe.benchmark.result import CHORUS, DEEP_K, BenchmarkResult, Training, compare
from models.recipe.benchmark.split import Split, split_log

ListItems = Callable[[Path, Sequence[str], int, float | None], Sequence[Sequence[str]]]
"""The item ids that a bundle's service answers to each of some users, best first; app.batch.lists has it.

The last argument is the moment in Unix seconds, None for the present.
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A benchmark before its training."""

    name: str
    log: OrderedLog
    split: Split
    job_file: Path
    bundle: Path


def prepare(found: FoundDataSet, out: Path) -> Prepared:
    """Write everything but the held-out events, and the default job over it, into `out`."""
    log = read_log(found)
    split = split_log(log, found.data_set.cut)
    rows = split.test.rows
    job_file = write_job(found, log.table, rows[rows >= 0], out)
    return Prepared(found.name, log, split, job_file, out / "bundle")


def measure(prepared: Prepared, seconds: float, list_items: ListItems, console: Console) -> BenchmarkResult:
    """Rank by the published bundle, whose training took `seconds`, and by every baseline, over the same lists.

    The bundle is asked by the service's request path at the moment of the split, `next` alone and without re-ranking.
    A test (tests/e2e/test_offline_lists.py) holds such lists equal to those of the offline evaluation.
    """
    split, log = prepared.split, prepared.log
    report = Report.model_validate_json((prepared.bundle / REPORT).read_bytes())
    users = [log.user_ids[user] for user in split.test.case.users.tolist()]
    lists = number_items(list_items(prepared.bundle, users, DEEP_K, split.test.cut), log.item_ids)
    families = list_families(log.times is not None)
    baselines, left_out = rank_baselines(families, split.valid, split.test, console)
    ranked = [Ranked(CHORUS, "default job", lists), *baselines]
    training = Training(report.model_version, seconds, report.settings)
    return compare(prepared.name, split, ranked, training, left_out)


def rank_baselines(
    families: Sequence[Family], valid: HeldOut, test: HeldOut, console: Console
) -> tuple[list[Ranked], dict[str, str]]:
    """The rows of all families, and name -> reason for each row that is left out."""
    ranked: list[Ranked] = []
    left_out: dict[str, str] = {}
    for family in families:
        began, names = time.monotonic(), ", ".join(family.rows)
        try:
            ranked += rank_by_family(family, valid, test, DEEP_K)
            console.print(f"{names}: {time.monotonic() - began:.0f} s", highlight=False)
        except BaselineRefusedError as error:
            left_out |= dict.fromkeys(family.rows, str(error))
            console.print(f"{names}: left out, {error}", highlight=False)
    return ranked, left_out


def number_items(lists: Sequence[Sequence[str]], item_ids: Sequence[str]) -> Indices:
    """[C, DEEP_K] the rows of the listed ids in `item_ids`, NO_ITEM where a list has fewer."""
    row_of = {item_id: row for row, item_id in enumerate(item_ids)}
    rows = np.full((len(lists), DEEP_K), NO_ITEM, dtype=np.int64)
    for number, ids in enumerate(lists):
        rows[number, : len(ids)] = [row_of[item_id] for item_id in ids]
    return rows
