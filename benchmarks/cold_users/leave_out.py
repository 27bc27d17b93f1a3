"""Write a job without some of its users: no event and no profile of theirs is in its training."""

import csv
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np

from models.data.erased_users import list_erasures
from models.job.interactions_section import InteractionsSection
from models.job.sections import ItemsSection
from models.job.spec import JobSpec, load_job
from models.job.yaml_reader import read_document
from models.job.yaml_writer import format_document

SEED = 0
SHARE = 0.1
"""Of the users."""
JOB = "job.yaml"
COPIED = ("interactions", "users")
"""The sections whose tables have users."""


def write_job(job_file: Path, folder: Path, *, newest: bool) -> Path:
    """Write the job and its tables of users into a folder, without a tenth of the users; returns the new job's file.

    They are drawn by chance, or with `newest` those whose first events are the latest. The tables are CSV files with
    commas. The bundle is fitted on all events of the other users, whatever the job's
    `export` says. Raises JobError for a job that cannot be read, and ValueError for one of other files, and for a
    folder that holds one of them.
    """
    job, document = load_job(job_file), read_document(job_file)
    sections = {"interactions": job.interactions, "items": job.items, "users": job.users}
    if job.histories is not None or job.users is None:
        raise ValueError(f"expected a job with users and without histories, given {job_file}")
    _check_folder(folder, job_file, job)
    folder.mkdir(parents=True, exist_ok=True)
    columns = {"interactions": job.interactions.user, "users": job.users.id}
    out = _choose_users(job.interactions, newest=newest)
    for key, section in sections.items():
        if section is None:
            continue
        paths = [str(path) for path in section.path]
        if key in COPIED:
            paths = [f"{key}.csv"]
            _copy_rows(section.path, folder / paths[0], columns[key], out)
        given = document[key]
        table = {**(given if isinstance(given, dict) else {}), "path": paths}
        if isinstance(section, ItemsSection) and section.descriptions:
            table["descriptions"] = [str(path) for path in section.descriptions]
        document[key] = table
    if erasures := _list_erasures(job):
        document["erasures"] = [str(path) for path in erasures]
    document.pop("export", None)
    (folder / JOB).write_text(format_document(document), "utf-8")
    return folder / JOB


def _list_erasures(job: JobSpec) -> list[Path]:
    """The lists of erased users that the job names, and those beside its log, which the copy has not beside it."""
    beside = list_erasures(path.parent for path in job.interactions.path)
    return list(dict.fromkeys(path.resolve() for path in (*job.erasures, *beside)))


def _check_folder(folder: Path, job_file: Path, job: JobSpec) -> None:
    """Raises ValueError for a folder in which a file of the job is, or from which a link leads to one."""
    tables = [section for section in (job.interactions, job.items, job.users) if section is not None]
    files = [job_file, *job.erasures, *(path for section in tables for path in section.path)]
    files += [] if job.items is None else job.items.descriptions
    known = {path.resolve() for path in files}
    written = [(folder / name).resolve() for name in (JOB, *(f"{key}.csv" for key in COPIED))]
    inside = [path for path in known if path.parent == folder.resolve() or path in written]
    if inside:
        raise ValueError(
            f"expected a folder without files of the job, given {folder}, which has {min(inside)}"
        )


def _choose_users(section: InteractionsSection, *, newest: bool) -> frozenset[str]:
    users = _read_column(section.path, section.user)
    if not newest:
        return draw_users(users, SHARE, SEED)
    if section.time is None:
        raise ValueError("expected interactions with times, of which the newest users are taken, given none")
    return find_newest(users, list(_read_times(section.path, section.time)), SHARE)


def _read_times(paths: Sequence[Path], column: str) -> Iterator[float]:
    """Yield the numbers of a column; raises ValueError for another text, such as a date."""
    for path in paths:
        for time in _read_column([path], column):
            try:
                yield float(time)
            except ValueError:
                raise ValueError(
                    f"expected Unix times in the column {column} of {path}, given {time!r}"
                ) from None


def draw_users(user_ids: Sequence[str], share: float, seed: int) -> frozenset[str]:
    """The rounded share of the distinct users, at least one: the same for equal seeds, in whatever order they come."""
    ordered = sorted(set(user_ids))
    count = max(1, round(share * len(ordered)))
    return frozenset(np.random.default_rng(seed).permutation(ordered)[:count].tolist())


def find_newest(user_ids: Sequence[str], times: Sequence[float], share: float) -> frozenset[str]:
    """The rounded share of the distinct users, at least one, whose first of the events [n] came last."""
    first: dict[str, float] = {}
    for user_id, time in zip(user_ids, times, strict=True):
        first[user_id] = min(time, first.get(user_id, time))
    ordered = sorted(first, key=lambda user_id: (first[user_id], user_id))
    return frozenset(ordered[-max(1, round(share * len(ordered))) :])


def _read_column(paths: Sequence[Path], column: str) -> list[str]:
    values: list[str] = []
    for path in paths:
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if column not in (reader.fieldnames or ()):
                raise ValueError(f"expected a CSV file with the column {column} at {path}, given another")
            values += [row[column] for row in reader]
    return values


def _copy_rows(paths: Sequence[Path], target: Path, column: str, out: Collection[str]) -> None:
    """Write the rows of CSV files with equal columns into one, without those of the users `out`."""
    with target.open("w", newline="", encoding="utf-8") as written:
        writer = None
        for path in paths:
            with path.open(newline="", encoding="utf-8") as file:
                reader = csv.DictReader(file)
                if writer is None:
                    writer = csv.DictWriter(written, reader.fieldnames or ())
                    writer.writeheader()
                writer.writerows(row for row in reader if row[column] not in out)
