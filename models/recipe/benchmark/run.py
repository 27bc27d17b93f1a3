"""Run a benchmark: write the job, and after its training rank the held-out items by every method."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rich.console import Console

from models.contract.arrays import Indices
from models.contract.bundle import REPORT
from models.evaluation.baselines.protocol import BaselineRefusedError
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.report.schema import Report
from models.recipe.benchmark.data_sets import FoundDataSet, write_job
from models.recipe.benchmark.families import list_families
from models.recipe.benchmark.leave_out import HeldOut, OrderedLog, hold_out, read_log
from models.recipe.benchmark.methods import Family, Ranked, rank_by_family
from models.recipe.benchmark.result import CHORUS, DEEP_K, BenchmarkResult, Training, compare

ListItems = Callable[[Path, Sequence[str], int], Sequence[Sequence[str]]]
"""The item ids that a bundle's service answers to each of some users, best first; app.batch.lists has it."""
WITHOUT_CLOCK = {"slices by age of the item": "the log has an order and no times"}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A benchmark before its training."""

    name: str
    log: OrderedLog
    test: HeldOut  # each user's last item
    job_file: Path
    bundle: Path


def prepare(found: FoundDataSet, out: Path) -> Prepared:
    """Write everything but each user's last item, and the default job over it, into `out`."""
    log = read_log(found.folder)
    test = hold_out(log, 1)
    return Prepared(found.name, log, test, write_job(found, log.table, test.rows, out), out / "bundle")


def measure(prepared: Prepared, seconds: float, list_items: ListItems, console: Console) -> BenchmarkResult:
    """Rank by the published bundle, whose training took `seconds`, and by every baseline, over the same lists.

    The bundle is asked by the service's request path, `next` alone and without re-ranking. A test
    (tests/e2e/test_offline_lists.py) holds such lists equal to those of the offline evaluation.
    """
    valid, test = hold_out(prepared.log, 2), prepared.test
    report = Report.model_validate_json((prepared.bundle / REPORT).read_bytes())
    users = [prepared.log.user_ids[user] for user in test.case.users.tolist()]
    lists = number_items(list_items(prepared.bundle, users, DEEP_K), prepared.log.item_ids)
    baselines, left_out = rank_baselines(list_families(), valid, test, console)
    ranked = [Ranked(CHORUS, "default job", lists), *baselines]
    training = Training(report.model_version, seconds, report.settings)
    return replace(compare(prepared.name, test, ranked, training), left_out=WITHOUT_CLOCK | left_out)


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
