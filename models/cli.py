"""The offline commands: fetch a data set, train and publish a bundle, show its evaluation, inspect it.

The commands import late: a job or a bundle that cannot be used is refused before torch and its like are imported.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from models.contract.bundle import REPORT, BundleError, read_manifest, verify
from models.contract.promotion import NotPromotedError
from models.data.datasets.movielens import FetchError, fetch_movielens_100k
from models.data.datasets.shop import write_shop
from models.job.spec import JobError, load_job

if TYPE_CHECKING:
    from models.data.readers.rows import TextRow

DATASETS = {"movielens-100k": fetch_movielens_100k, "shop": write_shop}
REFUSALS = (BundleError, JobError, FetchError, NotPromotedError, OSError, ValueError)
"""The errors of the commands that are reported as one line, without a traceback."""


def fetch(name: str, out: Path, console: Console) -> None:
    """Fetch a data set by name into a folder, unless it is already there; raises ValueError for an unknown name."""
    if name not in DATASETS:
        raise ValueError(f"expected one of {', '.join(DATASETS)}, given '{name}'")
    folder = DATASETS[name](out)
    console.print(f"{name} is in {folder}")


def train(
    job_file: Path,
    out: Path,
    console: Console,
    *,
    force: bool = False,
    check_bundle: Callable[[Path], None] | None = None,
) -> None:
    """Train a job's network, print its evaluation, and publish the bundle in `out`.

    `check_bundle` is called on the complete bundle before it is published; its BundleError prevents that.
    Raises NotPromotedError if the bundle in `out` is better and `force` is False; the new bundle is then in
    `<out>.rejected`.
    """
    job = load_job(job_file)
    from models.recipe.preflight import check_run

    check_run(job, out)
    from models.recipe.ingestion import ingest

    data = ingest(job, out, console)
    # torch from here on
    from models.evaluation.report.console import print_report
    from models.recipe import evaluation, training
    from models.recipe.promotion import choose_folder, decide_promotion, explain_promotion
    from models.recipe.publication import Target, publish_bundle

    data, run = training.train(job, data, fingerprint(job_file, data.digest), out, console)
    run = training.refresh_for_test(job, data, run, console)
    report = evaluation.evaluate(job, data, run, console)
    decision = decide_promotion(job, report, out, force=force)
    folder = choose_folder(decision, out)
    published = publish_bundle(job, data, run, report, Target(folder, check_bundle), console)
    training.checkpoint_path(out).unlink(missing_ok=True)
    print_report(published.report, console)
    console.print(explain_promotion(decision, out, folder))
    console.print(f"published {published.manifest.model_version} in {out}")


def evaluate(folder: Path, console: Console, *, as_json: bool) -> None:
    """Print the evaluation of a bundle; raises BundleError if a file is missing or changed."""
    verify(folder)
    from models.evaluation.report.console import print_report
    from models.evaluation.report.schema import Report

    report = Report.model_validate_json((folder / REPORT).read_bytes())
    if as_json:
        console.file.write(report.model_dump_json(indent=1) + "\n")
    else:
        print_report(report, console)


def inspect(folder: Path, console: Console) -> None:
    """Print a bundle's manifest and verify its files; raises BundleError if one is missing or changed."""
    manifest = read_manifest(folder)
    console.print_json(json.dumps(manifest.model_dump(mode="json")))
    verify(folder)
    size = sum((folder / name).stat().st_size for name in manifest.files)
    console.print(f"{len(manifest.files)} files, {size / 1e6:.1f} MB, all checksums right")


def fingerprint(job_file: Path, data: str) -> str:
    """SHA-256 that identifies a training run by the job file, the data's digest, and the code's version."""
    from models.training.checkpoint import SCHEMA

    code = f"{SCHEMA} {package_version()} "
    return hashlib.sha256(code.encode() + job_file.read_bytes() + data.encode()).hexdigest()


def package_version() -> str:
    """The version of the installed package; "source" if it is not installed."""
    try:
        return metadata.version("chorus-recommender")
    except metadata.PackageNotFoundError:
        return "source"


def read_rows(
    path: Path, required: Sequence[str], optional: Sequence[str] = (), *, others: bool = False
) -> "Iterator[TextRow]":
    """Yield the rows of a file for batch scoring; see models.data.readers.rows."""
    from models.data.readers import rows

    return rows.read_rows(path, required, optional, others=others)
