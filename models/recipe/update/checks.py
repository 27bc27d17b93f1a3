"""The checks of `chorus update` before it reads any row."""

from dataclasses import dataclass
from pathlib import Path

from models.contract.bundle import read_manifest
from models.contract.manifest_seal import BundleKey
from models.data.exported_log import list_new_files
from models.data.headers import check_headers
from models.job.spec import JobError, JobSpec, load_job
from models.recipe.preflight import check_folders
from models.recipe.update.published import PublishedBundle, open_published


@dataclass(frozen=True, slots=True)
class CheckedUpdate:
    """The job and the bundle of an update that can be begun."""

    job: JobSpec
    published: PublishedBundle


def check_update(bundle: Path, log: Path, out: Path, job_file: Path, key: BundleKey | None) -> CheckedUpdate:
    """Check the job, the bundle and the log before any row is read.

    Raises JobError and BundleError for what cannot be updated, and ValueError for a folder that cannot be used.
    """
    read_manifest(bundle, key)
    job = load_job(job_file)
    check_folders(job, out)
    if not log.is_dir():
        raise JobError(f"log: expected a folder that 'chorus log export' wrote, given none at {log}")
    list_new_files(log, job.interactions)
    check_headers(job)
    return CheckedUpdate(job, open_published(bundle, job, key))
