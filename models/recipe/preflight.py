"""Check before training what would stop it later: the folders to write to, and the packages that are needed."""

import tempfile
from importlib.util import find_spec
from pathlib import Path

from models.contract.bundle import REJECTED
from models.export.target import check_target
from models.job.spec import JobError, JobSpec

WORK = ".work"
"""Suffix of the work folder beside a bundle: quarantined rows, cached text vectors, checkpoints."""


def work_folder(out: Path) -> Path:
    """The folder for the files of a run to `out` that are not part of the bundle."""
    return out.with_name(out.name + WORK)


def check_folders(job: JobSpec, out: Path) -> None:
    """Check the folders of a run to `out`, and the packages that it needs; nothing is written.

    Raises ValueError for a folder that cannot be used, and JobError for a package that is not installed.
    """
    check_target(out)
    if job.promotion.enabled:
        check_target(out.with_name(out.name + REJECTED))
    work = work_folder(out)
    if work.exists() and not work.is_dir():
        raise ValueError(f"expected a folder or none at {work}, given a file")
    check_writable(out.parent)
    check_privacy_package(job)


def check_privacy_package(job: JobSpec) -> None:
    """Raise JobError if the job asks for privacy and Opacus is not installed."""
    if job.training.privacy is not None and find_spec("opacus") is None:
        raise JobError(
            "training.privacy: expected the package opacus (pip install 'chorus-recommender[privacy]'), given none"
        )


def check_tuning_package() -> None:
    """Raise JobError if Optuna is not installed."""
    if find_spec("optuna") is None:
        raise JobError(
            "chorus tune: expected the package optuna (pip install 'chorus-recommender[tune]'), given none"
        )


def check_writable(folder: Path) -> None:
    """Raise ValueError unless files can be made in `folder`, or it can be made itself."""
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise ValueError(
            f"expected a folder that can be written at {folder}, given {existing} ({error.strerror})"
        ) from error
