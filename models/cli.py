"""The offline recipe, top to bottom: ingest, split, train, fit, evaluate, publish. And how to look at a bundle."""

import hashlib
import json
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

from rich.console import Console

from models.contract.bundle import REPORT, BundleError, read_manifest, verify
from models.data.datasets.movielens import FetchError, fetch_movielens_100k
from models.evaluation.report.console import print_report
from models.evaluation.report.schema import Report
from models.job.spec import JobError, load_job
from models.recipe.evaluation import evaluated
from models.recipe.ingestion import ingested
from models.recipe.publication import Target, published
from models.recipe.training import checkpoint_path, refreshed, trained
from models.training.checkpoint import SCHEMA

DATASETS = {"movielens-100k": fetch_movielens_100k}
REFUSALS = (BundleError, JobError, FetchError, OSError, ValueError)
"""What the commands raise when what they were given cannot be used."""


def fetch(name: str, out: Path, console: Console) -> None:
    """Fetch a data set by name into a folder; nothing is done where it is there already."""
    if name not in DATASETS:
        raise ValueError(f"expected one of {', '.join(DATASETS)}, given '{name}'")
    folder = DATASETS[name](out)
    console.print(f"{name} is in {folder}")


def train(
    job_file: Path, out: Path, console: Console, check_bundle: Callable[[Path], None] | None = None
) -> None:
    """A job file -> a published bundle, with its report printed.

    `check_bundle` is called on the complete bundle before it is published; its BundleError prevents that.
    """
    job = load_job(job_file)
    data = ingested(job, out, console)
    run = trained(job, data, fingerprint(job_file, data.digest), out, console)
    run = refreshed(job, data, run, console)
    report = evaluated(job, data, run, console)
    manifest = published(job, data, run, report, Target(out, check_bundle), console)
    checkpoint_path(out).unlink(missing_ok=True)
    print_report(report, console)
    console.print(f"published {manifest.model_version} in {out}")


def evaluate(folder: Path, console: Console, *, as_json: bool) -> None:
    """The evaluation that the bundle carries."""
    verify(folder)
    report = Report.model_validate_json((folder / REPORT).read_bytes())
    if as_json:
        console.file.write(report.model_dump_json(indent=1) + "\n")
    else:
        print_report(report, console)


def inspect(folder: Path, console: Console) -> None:
    """What a bundle says of itself; raises BundleError where a file is missing or changed."""
    manifest = read_manifest(folder)
    console.print_json(json.dumps(manifest.model_dump(mode="json")))
    verify(folder)
    size = sum((folder / name).stat().st_size for name in manifest.files)
    console.print(f"{len(manifest.files)} files, {size / 1e6:.1f} MB, all checksums right")


def fingerprint(job_file: Path, data: str) -> str:
    """What a training run is of: the job's text and its data, and the code that reads them."""
    code = f"{SCHEMA} {package_version()} "
    return hashlib.sha256(code.encode() + job_file.read_bytes() + data.encode()).hexdigest()


def package_version() -> str:
    """The installed package's version; "source" where it runs from a source tree."""
    try:
        return metadata.version("chorus-recommender")
    except metadata.PackageNotFoundError:
        return "source"


__all__ = ["REFUSALS", "evaluate", "fetch", "inspect", "train"]
