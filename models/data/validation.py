"""Findings about the rows of a table, and job errors for findings that hold for nearly all rows."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from models.contract.arrays import Mask
from models.data.readers.table import Table
from models.job.errors import format_value

NEARLY_ALL = 0.9
"""The share of rows with the same fault from which the job is misconfigured."""


class Fault(StrEnum):
    """Why an interaction is rejected."""

    MISSING = "missing"
    UNPARSABLE = "unparsable"
    OUTLIER = "outlier"
    DUPLICATE = "duplicate"
    REPLACED = "replaced"


LOSSES = (Fault.MISSING, Fault.UNPARSABLE, Fault.OUTLIER)
"""The faults by which an interaction is lost. A duplicate or replaced row leaves another in its place."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The rows [n] with a fault, the column with the fault, and its key in the job."""

    fault: Fault
    reason: str
    rows: Mask
    column: str
    key: str
    expected: str


def find_job_errors(table: Table, findings: Iterable[Finding]) -> Iterator[str]:
    """Yield an error for each finding that holds for nearly all rows. A row counts for the first finding of a key.

    Missing cells are an error only if all are missing: a log with few known users is usable.
    """
    counted_rows: dict[str, Mask] = {}
    for finding in findings:
        cell = finding.key.removesuffix(
            "_unit"
        )  # interactions.time_unit is a key of the column of interactions.time
        earlier = counted_rows.get(cell)
        rows = finding.rows if earlier is None else finding.rows & ~earlier
        counted_rows[cell] = rows if earlier is None else rows | earlier
        is_usable = finding.fault is Fault.MISSING and not rows.all()
        if not is_usable and is_nearly_all(int(rows.sum()), len(rows)):
            cell_text = format_cell(table.columns[finding.column][int(rows.argmax())].as_py())
            yield (
                f"{finding.key}: expected {finding.expected} in the column {finding.column}, "
                f"given {cell_text} and the like in {rows.sum():,} of {len(rows):,} rows"
            )


def is_nearly_all(count: int, whole: int) -> bool:
    """True if at least 90 % of rows share a fault: the job is misconfigured."""
    return 0 < whole * NEARLY_ALL <= count


def format_cell(cell: object) -> str:
    """A cell for a message."""
    return "an empty cell" if cell is None or cell == "" else format_value(cell)
