"""Run a benchmark: write the job, and after its training rank the held-out items by every method."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console

from models.contract.arrays import Indices
from models.contract.bundle import REPORT
from models.contract.list_request import ListRequest
from models.evaluation.baselines.protocol import BaselineRefusedError
from models.evaluation.metrics.lists import NO_ITEM
from models.evaluation.report.schema import Report
from models.recipe.benchmark.data_sets import FoundDataSet
from models.recipe.benchmark.default_job import write_job
from models.recipe.benchmark.families import list_cold_families, list_families
from models.recipe.benchmark.held_out import HeldOut
from models.recipe.benchmark.item_texts import read_item_texts
from models.recipe.benchmark.methods import Family, Ranked, rank_by_family
from models.recipe.benchmark.ordered_log import OrderedLog, read_log
from models.recipe.benchmark.result import CHORUS, DEEP_K, BenchmarkResult, Training, compare
from models.recipe.benchmark.split import Split, View, split_log

ListItems = Callable[[Path, Sequence[ListRequest], int, float | None], Sequence[Sequence[str]]]
"""The item ids that a bundle's service answers to each of some users, best first; app.batch.lists has it.

The last argument is the moment in Unix seconds, None for the present.
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A benchmark before its training."""

    found: FoundDataSet
    log: OrderedLog
    split: Split
    job_file: Path
    bundle: Path


def prepare(found: FoundDataSet, out: Path) -> Prepared:
    """Write everything but the held-out events, and the default job over it, into `out`."""
    log = read_log(found)
    split = split_log(log, found.data_set.cut, found.data_set.cold)
    rows = split.test.rows
    job_file = write_job(found, log.table, rows[rows >= 0], out)
    return Prepared(found, log, split, job_file, out / "bundle")


def measure(prepared: Prepared, seconds: float, list_items: ListItems, console: Console) -> BenchmarkResult:
    """Rank by the published bundle, whose training took `seconds`, and by every baseline, over the same lists.

    The bundle is asked by the service's request path at the moment of the split, `next` alone and without re-ranking.
    A test (tests/e2e/test_offline_lists.py) holds such lists equal to those of the offline evaluation.
    """
    split, log, bundle = prepared.split, prepared.log, prepared.bundle
    report = Report.model_validate_json((bundle / REPORT).read_bytes())
    ranked: list[list[Ranked]] = []
    left_out: dict[str, str] = {}
    for view in split.views:
        answers = list_items(bundle, write_requests(view, log), DEEP_K, view.test.cut)
        baselines, refused = rank_baselines(choose_families(prepared), view.valid, view.test, console)
        ranked.append([Ranked(CHORUS, "default job", number_items(answers, log.item_ids)), *baselines])
        left_out |= refused
    training = Training(report.model_version, seconds, report.settings)
    return compare(prepared.found.name, split, ranked, training, left_out)


def choose_families(prepared: Prepared) -> tuple[Family, ...]:
    """The baselines that can rank the held-out items."""
    found, log = prepared.found, prepared.log
    if found.data_set.cold is not None:
        return list_cold_families(read_item_texts(found, log.item_ids))
    return list_families(log.times is not None)


def write_requests(view: View, log: OrderedLog) -> list[ListRequest]:
    """The request of each test list.

    In a named view it names the items that are not seen. Else it excludes the seen items that are not in the history:
    those whose events were removed.
    """
    test, ids = view.test, np.array(log.item_ids, dtype=object)
    requests = []
    for number, user in enumerate(test.case.users.tolist()):
        seen = test.case.seen[[number]].indices
        history = test.items[test.offsets[user] : test.offsets[user + 1]]
        excluded = frozenset() if view.named else frozenset(ids[np.setdiff1d(seen, history)].tolist())
        item_ids = tuple(np.delete(ids, seen).tolist()) if view.named else None
        requests.append(ListRequest(log.user_ids[user], excluded, item_ids))
    return requests


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
