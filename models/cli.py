"""The offline commands: fetch, describe, tune, train, update, evaluate, diversity, what if, inspect, sign, benchmark.

The commands import late: a job or a bundle that cannot be used is refused before torch and its like are imported.
"""

import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from models.contract.bundle import REPORT, BundleError, read_manifest, verify
from models.contract.manifest_seal import BundleKey
from models.contract.promotion import NotPromotedError
from models.data.datasets.movielens import FetchError, fetch_movielens_100k
from models.data.datasets.shop import write_shop
from models.job.spec import JobError, load_job
from models.job.tuning_check import check_searchable
from models.language.chat_endpoint import ChatEndpoint, ChatError
from models.language.protocol import TextEncoderUnavailableError
from models.recipe.descriptions.options import DescribeOptions
from models.recipe.folder_lock import FolderInUseError, data_lock, hold_lock
from models.recipe.inspection import describe_bundle
from models.recipe.learning import (
    BundleChecks,
    LearningRound,
    TrainOptions,
    UpdateOptions,
    learn,
    recover,
    train,
    update,
)
from models.recipe.signing import sign_bundle
from models.recipe.what_if import arguments

if TYPE_CHECKING:
    from models.data.readers.rows import TextRow
    from models.recipe.benchmark.run import ListItems

__all__ = [
    "BundleChecks",
    "DescribeOptions",
    "LearningRound",
    "TrainOptions",
    "UpdateOptions",
    "learn",
    "recover",
    "train",
    "update",
]

WhatIf = arguments.WhatIf
DATASETS = {"movielens-100k": fetch_movielens_100k, "shop": write_shop}
REFUSALS = (
    BundleError,
    ChatError,
    JobError,
    FetchError,
    FolderInUseError,
    NotPromotedError,
    TextEncoderUnavailableError,
    OSError,
    ValueError,
)
"""The errors of the commands that are reported as one line, without a traceback."""


def lock_data(folder: Path) -> AbstractContextManager[None]:
    """Hold the lock of a folder of data; raises FolderInUseError and ValueError."""
    return hold_lock(data_lock(folder), folder)


def fetch(name: str, out: Path, console: Console) -> None:
    """Fetch a data set by name into a folder, unless it is already there; raises ValueError for an unknown name."""
    if name not in DATASETS:
        raise ValueError(f"expected one of {', '.join(DATASETS)}, given '{name}'")
    with lock_data(out):
        folder = DATASETS[name](out)
    console.print(f"{name} is in {folder}")


def describe(options: DescribeOptions, endpoint: ChatEndpoint | None, console: Console) -> None:
    """Write descriptions of a job's items, by the template or a language model; see models.recipe.descriptions.run."""
    from models.recipe.descriptions import run

    run.describe(options, endpoint, console)


def evaluate(folder: Path, console: Console, key: BundleKey | None, *, as_json: bool) -> None:
    """Print the evaluation of a bundle; raises BundleError if a file is missing or changed."""
    manifest = verify(folder, key)
    if REPORT not in manifest.files:
        raise BundleError(f"expected {REPORT} among the files of the bundle in {folder}, given none")
    from models.evaluation.report.console import print_report
    from models.evaluation.report.schema import Report

    report = Report.model_validate_json((folder / REPORT).read_bytes())
    if as_json:
        console.file.write(report.model_dump_json(indent=1) + "\n")
    else:
        print_report(report, console)


def inspect(folder: Path, console: Console, key: BundleKey | None) -> None:
    """Print a bundle's manifest and verify its files; raises BundleError if one is missing or changed."""
    for warning in describe_bundle(folder, console, key):
        print(f"chorus: warning: {warning}", file=sys.stderr)  # the standard output stays JSON and one line


def sign(folder: Path, console: Console, key: BundleKey | None) -> None:
    """Verify a bundle and add its digest and, with a key, its signature.

    Raises BundleError for a bundle that is damaged or was edited, and FolderInUseError.
    """
    console.print(sign_bundle(folder, key))


def benchmark(
    name: str, data: Path, out: Path, console: Console, checks: BundleChecks, list_items: "ListItems"
) -> None:
    """Train the default job on a data set without its held-out events, and rank these by every method.

    Prints the tables and writes them to result.json in `out`, with a chart, beside the job and its bundle.
    `list_items` asks the service's request path. Raises ValueError for an unknown name, or where `data` lacks the
    data set.
    """
    from models.recipe.benchmark.data_sets import find_data_set

    found = find_data_set(name, data)
    if found.data_set.days is not None:
        from models.recipe.benchmark.task_command import run_tasks

        run_tasks(found, found.data_set.days, out, console)
        return
    from models.recipe.benchmark.chart import write_chart
    from models.recipe.benchmark.console import print_result
    from models.recipe.benchmark.result import write_result
    from models.recipe.benchmark.run import measure, prepare

    prepared = prepare(found, out)
    began = time.monotonic()
    train(TrainOptions(prepared.job_file, prepared.bundle, force=True), console, checks)
    result = measure(prepared, time.monotonic() - began, list_items, console)
    write_result(result, out / "result.json")
    write_chart(result, out / "ndcg.svg")
    print_result(result, console)


def tune(job_file: Path, out: Path, console: Console, trials: int, minutes: float | None) -> None:
    """Search the job's settings until `trials` have ended in all or `minutes` have passed; `out` keeps the study.

    Prints the best trials, and writes best.yaml and study.json in `out`. A study there goes on, unless it is of another
    job, data or space: then JobError is raised, as where Optuna is not installed.
    """
    end = time.monotonic() + (math.inf if minutes is None else 60 * minutes)
    job = load_job(job_file)
    check_searchable(job)
    from models.recipe.preflight import check_tuning_package, check_writable

    check_tuning_package()
    from models.data.headers import check_headers
    from models.recipe.tuning.study import DATA, check_study_folder

    check_study_folder(out)
    check_writable(out)
    check_headers(job)
    with lock_data(out):
        from models.recipe.ingestion import ingest

        data = ingest(job, out / DATA, console)
        # torch from here on
        from models.recipe.tuning.run import tune as run_tuning
        from models.recipe.tuning.search import Limits

        run_tuning(job_file, data, out, Limits(trials, end), console)
    console.print(f"the study is in {out}; `chorus train {out / 'best.yaml'} --out DIR` trains the best job")


def diversity(
    job_file: Path, out: Path, bundle: Path | None, searched: int, console: Console, key: BundleKey | None
) -> None:
    """Measure what diversity costs and brings on the test part of a job's log.

    The lists are those of `bundle`, or else of a network that is trained for it. Prints the frontier, and writes
    frontier.json and frontier.svg in `out`. The searches order `searched` lists of each protocol.
    Raises BundleError for a bundle of another job, or that has learned from the test part, and JobError without lists.
    """
    job = load_job(job_file)
    if bundle is not None:
        read_manifest(bundle, key)  # before the data are read
    from models.recipe.preflight import check_privacy_package, check_writable

    if bundle is None:
        check_privacy_package(job)
    check_writable(out)
    from models.data.headers import check_headers

    check_headers(job)
    with lock_data(out):
        from models.recipe.ingestion import ingest

        data = ingest(job, out / "data", console)
        # torch from here on
        from models.recipe.diversity.calibrated_model import open_model, train_model
        from models.recipe.diversity.chart import write_chart
        from models.recipe.diversity.console import print_result
        from models.recipe.diversity.result import write_result
        from models.recipe.diversity.run import measure, sample_lists
        from models.recipe.fingerprint import identify_run

        lists = sample_lists(data)
        if bundle is not None:
            measured = open_model(data, bundle, key)
        else:
            measured = train_model(
                data, identify_run(job_file.read_bytes(), data.digest), out / "data", console
            )
        result = measure(measured, lists, searched, console)
        write_result(result, out / "frontier.json")
        write_chart(result, out / "frontier.svg")
    print_result(result, console)
    console.print(f"the frontier is in {out}")


def what_if(asked: WhatIf, console: Console, key: BundleKey | None, *, as_json: bool) -> None:
    """Print the value of a target policy from logged impressions; raises ValueError and BundleError."""
    from models.recipe.what_if.console import print_result
    from models.recipe.what_if.result import to_plain
    from models.recipe.what_if.run import answer_question, read_question

    result = answer_question(read_question(asked), key)
    if as_json:
        console.file.write(json.dumps(to_plain(result), indent=1) + "\n")
    else:
        print_result(result, console)


def read_rows(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), *, others: bool = False
) -> "Iterator[TextRow]":
    """Yield the rows of a file for batch scoring; see models.data.readers.rows."""
    from models.data.readers import rows

    return rows.read_rows(path, required, optional, others=others)
