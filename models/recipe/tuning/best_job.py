"""best.yaml: the job with the values of the best trial, ready for `chorus train`."""

import os
from pathlib import Path

from models.contract.replaced_file import replace_file
from models.job.spec import JobSpec
from models.job.tuning_check import SECTIONS
from models.job.yaml_reader import read_document
from models.job.yaml_writer import format_document
from models.recipe.tuning.summary import TrialRow

FILE = "best.yaml"
TABLES = ("interactions", "items", "users", "histories")
"""The sections with paths of files."""
PATHS = ("path", "descriptions")
"""Their keys with paths."""


def write_best_job(job_file: Path, job: JobSpec, best: TrialRow, folder: Path) -> None:
    """Write the document of `job_file` with the best values into `folder`, with its paths relative to that folder.

    `job` has all sizes that were chosen from the data. Of these the file states what differs from the defaults, as a
    width that is stated would otherwise keep `chorus train` from choosing the others as the trial had them.
    """
    document = read_document(job_file)
    for title, model in SECTIONS.items():
        stated = document.get(title)
        section = dict(stated) if isinstance(stated, dict) else {}
        chosen = getattr(job, title).model_dump(mode="json")
        defaults = model().model_dump(mode="json")
        section |= {
            name: value for name, value in chosen.items() if name not in section and value != defaults[name]
        }
        section |= {
            key.partition(".")[2]: value for key, value in best.values.items() if key.startswith(f"{title}.")
        }
        if section:
            document[title] = section
    for title in TABLES:
        table = document.get(title)
        if isinstance(table, dict):
            document[title] = {
                **table,
                **{key: _move(table[key], job_file, folder) for key in PATHS if key in table},
            }
    if "erasures" in document:
        document["erasures"] = _move(document["erasures"], job_file, folder)
    replace_file(folder / FILE, (_head(job_file, best) + format_document(document)).encode())


def _move(given: object, job_file: Path, folder: Path) -> object:
    """A path or a list of them, relative to `folder` in place of the folder of `job_file`."""
    start, end = job_file.resolve().parent, folder.resolve()

    def move(path: object) -> object:
        if not isinstance(path, str) or Path(path).expanduser().is_absolute():
            return path
        return os.path.relpath(start / path, end)

    return [move(path) for path in given] if isinstance(given, list) else move(given)


def _head(job_file: Path, best: TrialRow) -> str:
    figure = "" if best.figures is None else f", NDCG@10 {best.figures.ndcg:.4f} on validation"
    title = f"{job_file.name} with the values of trial {best.number} of `chorus tune`{figure}"
    return f"# {title}. study.json has all trials.\n"
