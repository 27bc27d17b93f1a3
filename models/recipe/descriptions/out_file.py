"""The file that `chorus describe` replaces, with those beside it: none of them may be a file that the job reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.job.spec import JobSpec
from models.job.table_section import reads, to_tuple
from models.job.yaml_reader import read_document
from models.recipe.descriptions.answer_file import SUFFIX as ANSWERS
from models.recipe.descriptions.files import name_refusals
from models.recipe.folder_lock import SUFFIX as LOCK

DESCRIPTIONS = "items.descriptions"
"""The key of the files that may be written again."""


@dataclass(frozen=True, slots=True)
class Input:
    """The inputs that a key of the job reads: its entries as they stand, and the files of them."""

    key: str
    entries: Sequence[str]
    files: Sequence[Path]


def name_lock(out: Path) -> Path:
    """The lock file of `out`."""
    return out.with_name(out.name + LOCK)


def name_answers(out: Path) -> Path:
    """The file of the answers for `out`."""
    return out.with_name(out.name + ANSWERS)


def check_out(out: Path, job_file: Path, job: JobSpec) -> None:
    """Raises ValueError if `out` or a file beside it is one that the job reads, or would read then.

    The job may read `out` itself as its descriptions.
    """
    folder = job_file.resolve().parent
    beside = [path.resolve() for path in (name_answers(out), name_refusals(out), name_lock(out))]
    for given in _list_inputs(job_file, job):
        known = {file.resolve() for file in given.files}
        for path in (*([] if given.key == DESCRIPTIONS else [out.resolve()]), *beside):
            if path in known or any(reads(folder, entry, path) for entry in given.entries):
                raise ValueError(
                    f"expected another --out than a file of the job, given {out}: {given.key} reads {path}"
                )


def _list_inputs(job_file: Path, job: JobSpec) -> Iterator[Input]:
    """Yield what the job reads, and the job itself."""
    document = read_document(job_file)
    yield Input("the command", (), (job_file,))
    tables = {
        "interactions": job.interactions,
        "items": job.items,
        "users": job.users,
        "histories": job.histories,
    }
    for name, section in tables.items():
        if section is not None:
            yield Input(f"{name}.path", _entries(document[name], "path"), section.path)
    if job.items is not None:
        yield Input(DESCRIPTIONS, _entries(document["items"], "descriptions"), job.items.descriptions)
    yield Input("erasures", _entries(document, "erasures"), job.erasures)


def _entries(section: object, key: str) -> tuple[str, ...]:
    """The paths, patterns and folders of a key of a checked job."""
    given = to_tuple(section.get(key)) if isinstance(section, dict) else None
    return tuple(map(str, given)) if isinstance(given, tuple) else ()
