"""Read an exported log of the service beside the files of a job, whose columns may have other names."""

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.contract.events import Action
from models.data.cleaning import Cleaned, CleaningReport, clean, join_rows
from models.data.readers.column_plan import ColumnPlan
from models.data.readers.parsing import TextCodes
from models.data.readers.sources import read_table
from models.job.errors import JobError
from models.job.interactions_section import InteractionsSection

COLUMNS = {"user": "user_id", "item": "item_id", "time": "timestamp", "action": "action"}
"""Key of the job -> the column of every exported file."""
VALUE, TEXT, CONTEXT = "value", "text", "context."
"""The columns of an event's value and text, and the prefix of a context key that is the name of another column."""
OTHERS = frozenset({*COLUMNS.values(), VALUE, TEXT, "recommendation_id", "rank", "event_id", "accepted_at"})
"""The columns that no context key has."""


def list_new_files(folder: Path, section: InteractionsSection) -> tuple[Path, ...]:
    """The Parquet files of an exported log, the oldest day first, without those that the job reads already.

    Raises JobError for a folder without any file.
    """
    files = sorted(path.resolve() for path in folder.glob("*.parquet") if not path.name.startswith("."))
    if not files:
        raise JobError(
            f"log: expected a folder that 'chorus log export' wrote, given no Parquet file in {folder}"
        )
    known = {path.resolve() for path in section.path}
    return tuple(path for path in files if path not in known)


def read_exported(files: Sequence[Path], section: InteractionsSection) -> Cleaned:
    """The usable events of the files [n], with the contexts that the job names. Raises JobError for other files."""
    names = _list_names(files)
    contexts = {name: f"{CONTEXT}{name}" if name in OTHERS else name for name in section.context}
    present = {name: column for name, column in contexts.items() if column in names}
    exported = InteractionsSection.model_validate(
        {
            "path": tuple(files),
            **COLUMNS,
            "value": None if section.value is None else VALUE,
            "text": None if section.text is None else TEXT,
            "context": tuple(present.values()),
            "max_loss": section.max_loss,
        }
    )
    columns = {**COLUMNS, **{f"context.{column}": column for column in exported.context}}
    columns |= {key: column for key, column in (("value", exported.value), ("text", exported.text)) if column}
    ids = frozenset({COLUMNS["user"], COLUMNS["item"]})
    coded = ids | {COLUMNS["action"], *exported.context} | ({TEXT} if exported.text else set())
    plan = ColumnPlan({f"interactions.{key}": column for key, column in columns.items()}, coded, ids)
    cleaned = clean(read_table(files, plan, exported.options), exported, reference=1.0)
    count = len(cleaned.times)
    return replace(
        cleaned,
        contexts={
            name: cleaned.contexts[present[name]] if name in present else _no_texts(count)
            for name in contexts
        },
        labels={name: np.full(count, np.nan) for name in section.labels},
        orders=None if section.order is None else np.arange(count, dtype=np.float64),
    )


def _list_names(files: Sequence[Path]) -> frozenset[str]:
    """The columns that all files have."""
    try:
        return frozenset.intersection(*(frozenset(pq.read_schema(path).names) for path in files))
    except (OSError, pa.ArrowException) as error:
        raise JobError(f"log: expected files that 'chorus log export' wrote, given {error}") from error


def _no_texts(count: int) -> TextCodes:
    return TextCodes(pa.array([], pa.string()), np.full(count, -1, dtype=np.int32))


def place_after(cleaned: Cleaned, exported: Cleaned, section: InteractionsSection) -> Cleaned:
    """The interactions of the job's files, then those of the exported log.

    Where the job has no actions, its own interactions get the default one (models.data.dataset).
    """
    actions = cleaned.actions
    if actions is None:
        default = Action.VIEW if section.value is None else Action.RATE
        actions = TextCodes(pa.array([default.value]), np.zeros(len(cleaned.times), dtype=np.int32))
    if exported.actions is None:
        raise ValueError("expected the actions of an exported log, given none")
    return replace(
        join_rows(replace(cleaned, actions=actions), exported),
        rejects=(*cleaned.rejects, *exported.rejects),
        report=_add_counts(cleaned.report, exported.report),
        losses=(*cleaned.losses, *exported.losses),
        errors=(*cleaned.errors, *(f"log: {error}" for error in exported.errors)),
    )


def _add_counts(first: CleaningReport, second: CleaningReport) -> CleaningReport:
    names = [field.name for field in fields(CleaningReport)]
    return CleaningReport(**{name: getattr(first, name) + getattr(second, name) for name in names})
