"""Check the columns of all files of a job, without reading their rows."""

from models.data.dataset import plan_interactions
from models.data.entities import plan_columns
from models.data.histories import plan_histories
from models.data.readers.sources import check_header
from models.job.errors import JobError
from models.job.spec import JobSpec


def check_headers(job: JobSpec) -> None:
    """Raises JobError with the faults of all files: unreadable, empty, or without a column of the job.

    The columns of JSON Lines are known only after all lines are read.
    """
    tables = [(job.interactions.path, plan_interactions(job.interactions), job.interactions.options)]
    tables += [
        (section.path, plan_columns(section, key), section.options)
        for key, section in (("items", job.items), ("users", job.users))
        if section is not None
    ]
    if job.histories is not None:
        tables.append((job.histories.path, plan_histories(job.histories), job.histories.options))
    errors: list[str] = []
    for paths, plan, options in tables:
        for path in paths:
            try:
                check_header(path, plan, options)
            except JobError as error:
                errors += error.errors
    if errors:
        raise JobError(*errors)
