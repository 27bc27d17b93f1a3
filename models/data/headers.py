"""Check the columns of all files of a job, without reading their rows."""

from models.data.dataset import interaction_columns
from models.data.entities import entity_columns
from models.data.readers.sources import check_header
from models.job.errors import JobError
from models.job.spec import JobSpec


def check_headers(job: JobSpec) -> None:
    """Raises JobError with the faults of all files: unreadable, empty, or without a column of the job.

    The columns of JSON Lines are known only after all lines are read.
    """
    tables = [(job.interactions.path, interaction_columns(job.interactions))]
    tables += [
        (section.path, entity_columns(section, key))
        for key, section in (("items", job.items), ("users", job.users))
        if section is not None
    ]
    errors: list[str] = []
    for path, columns_by_key in tables:
        try:
            check_header(path, columns_by_key)
        except JobError as error:
            errors += error.errors
    if errors:
        raise JobError(*errors)
