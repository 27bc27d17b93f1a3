"""Lost interactions: why rows of a log cannot be used, how many, and an example of each reason."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from models.data.readers.table import Reject, Table
from models.data.validation import LOSSES, Fault, Finding, format_cell
from models.job.errors import format_value

REPORTED = 0.05
"""The share of lost rows from which the summary of a training names the reasons."""
SHOWN = 3
"""The reasons that are named."""


@dataclass(frozen=True, slots=True)
class Loss:
    """One reason for which rows cannot be used, with the first such row."""

    reason: str
    rows: int
    example: str  # "orders.csv, row 17: '31/12/2025'"


@dataclass(frozen=True, slots=True)
class TableLosses:
    """The rows, and of item and user tables the cells, that cannot be used, by reason."""

    table: str  # log, items, users or histories
    rows: int
    losses: tuple[Loss, ...]

    @property
    def is_large(self) -> bool:
        """True if the reasons deserve a place in the summary."""
        return sum(loss.rows for loss in self.losses) > REPORTED * self.rows

    def describe(self) -> str:
        """One sentence with the share, and the most frequent reasons with their rows and an example each."""
        lost = sum(loss.rows for loss in self.losses)
        what = "rows" if self.table == "log" else "rows and cells"
        share = f"{lost:,} {what} of the {self.rows:,} rows of the {NAMES[self.table]} cannot be used"
        return f"{share}: {describe_losses(self.losses)}"


NAMES = {"log": "log", "items": "item table", "users": "user table", "histories": "histories"}


def count_rejects(table: str, rows: int, rejects: Sequence[Reject]) -> TableLosses:
    """The losses of an item or user table from its rejected rows and cells; a repeated id is no loss."""
    found: dict[str, list[Reject]] = {}
    for reject in rejects:
        if not reject.reason.startswith("duplicate"):
            found.setdefault(reject.reason, []).append(reject)
    losses = [
        Loss(reason, len(group), f"{group[0].file}, row {group[0].row}: {format_value(group[0].raw)}")
        for reason, group in found.items()
    ]
    return TableLosses(table, rows, tuple(sorted(losses, key=lambda loss: -loss.rows)))


def find_losses(
    table: Table,
    findings: Sequence[Finding],
    first: NDArray[np.int8],
    lossy: Collection[Fault] = LOSSES,
) -> tuple[Loss, ...]:
    """The reasons, the most frequent first; `first` [n] is the index of each row's finding, -1 for none.

    Findings of another fault than `lossy` are no losses.
    """
    losses = [*_find_unreadable(table)]
    for number, finding in enumerate(findings):
        rows = np.flatnonzero(first == number)
        if finding.fault in lossy and len(rows):
            file, row = table.places[int(rows[0])]
            cell = format_cell(table.columns[finding.column][int(rows[0])].as_py())
            losses.append(Loss(finding.reason, len(rows), f"{file}, row {row}: {cell}"))
    return tuple(sorted(losses, key=lambda loss: -loss.rows))


def check_loss(
    losses: Sequence[Loss], rows: int, max_loss: float, key: str = "interactions"
) -> Iterator[str]:
    """Yield an error if more than the share `max_loss` of the rows is lost."""
    lost = sum(loss.rows for loss in losses)
    if max_loss * rows < lost < rows:  # without any usable row there is another error
        yield (
            f"{key}.max_loss: expected at most {max_loss:.0%} of the rows to be unusable, "
            f"given {lost:,} of {rows:,}: {describe_losses(losses)}"
        )


def describe_losses(losses: Sequence[Loss]) -> str:
    """The most frequent reasons, each with its rows and an example."""
    return "; ".join(f"{loss.rows:,} rows: {loss.reason}, such as {loss.example}" for loss in losses[:SHOWN])


def _find_unreadable(table: Table) -> Iterator[Loss]:
    reasons = table.rejected.reasons
    for entry in pc.value_counts(reasons):
        reason, count = entry["values"].as_py(), entry["counts"].as_py()
        row = int(pc.index(reasons, reason).as_py())
        file, number = table.rejected.places[row]
        line = format_value(table.rejected.lines[row].as_py())
        yield Loss(reason.removeprefix("unparsable: "), count, f"{file}, row {number}: {line}")
