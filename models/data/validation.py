"""What is wrong with which rows; and where nearly all are, the job's key that must be wrong instead."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from models.contract.arrays import Mask
from models.data.readers.table import Table
from models.job.errors import format_value

NEARLY_ALL = 0.9
"""Of a table's rows: where so many share a fault, it is the job that does not fit the table."""


class Fault(StrEnum):
    """Why an interaction is rejected; the first that applies."""

    MISSING = "missing"
    UNPARSABLE = "unparsable"
    OUTLIER = "outlier"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Finding:
    """Rows [n] with one fault, the column that has it, and the job's key that names it."""

    fault: Fault
    reason: str
    rows: Mask
    column: str
    key: str
    expected: str


def job_errors(table: Table, findings: Iterable[Finding]) -> Iterator[str]:
    """An error for each finding that holds for nearly all rows. Of a key's findings a row counts for the first.

    Empty cells must be all: a log of guests, a few users among them, can be learned from.
    """
    counted: dict[str, Mask] = {}
    for finding in findings:
        cell = finding.key.removesuffix("_unit")  # interactions.time_unit is about interactions.time
        earlier = counted.get(cell)
        rows = finding.rows if earlier is None else finding.rows & ~earlier
        counted[cell] = rows if earlier is None else rows | earlier
        usable = finding.fault is Fault.MISSING and not rows.all()
        if not usable and nearly_all(int(rows.sum()), len(rows)):
            given = example(table.columns[finding.column][int(rows.argmax())].as_py())
            yield (
                f"{finding.key}: expected {finding.expected} in the column {finding.column}, "
                f"given {given} and the like in {rows.sum():,} of {len(rows):,} rows"
            )


def nearly_all(count: int, whole: int) -> bool:
    """True if at least 90 % of rows share a fault: the job is misconfigured."""
    return 0 < whole * NEARLY_ALL <= count


def example(cell: object) -> str:
    """A cell as a message repeats it."""
    return "an empty cell" if cell is None or cell == "" else format_value(cell)
