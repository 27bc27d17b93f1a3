"""The record of the job file that a bundle was trained from, in the bundle's work folder."""

import json
from pathlib import Path

from models.contract.replaced_file import replace_file
from models.job.errors import JobError
from models.recipe.preflight import work_folder

RECORD = "job.json"


def write_job_record(out: Path, job_file: Path) -> None:
    """Record the job file of the bundle that is published in `out`."""
    work = work_folder(out)
    work.mkdir(parents=True, exist_ok=True)
    replace_file(work / RECORD, json.dumps({"job": str(job_file.resolve())}).encode())


def read_job_record(folder: Path) -> Path:
    """The job file of the bundle in `folder`; raises JobError without a record of one that is still there."""
    path = work_folder(folder) / RECORD
    try:
        job_file = Path(json.loads(path.read_bytes())["job"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise JobError(
            f"--job: expected the job file of the bundle, since {path} does not name it, given none"
        ) from error
    if not job_file.is_file():
        raise JobError(f"--job: expected the job file of the bundle, since {job_file} is gone, given none")
    return job_file
