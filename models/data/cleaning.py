"""Clean a raw table of interactions: usable rows, and rejected rows with their reasons."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats
from models.data.interaction_checks import check_duplicates, check_milliseconds, check_rows, parse_columns
from models.data.readers.parsing import TextCodes
from models.data.readers.table import Reject, RejectedRows, Table
from models.data.validation import Fault, Finding, find_job_errors
from models.job.sections import InteractionsSection


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """Counts of the rows read, kept and rejected. rows = kept + missing + unparsable + outliers + duplicates."""

    rows: int  # interactions
    kept: int
    missing: int  # the user, item, time or action is empty
    unparsable: int  # the row, its time or its value cannot be read
    outliers: int  # see find_outliers; and times that are negative, infinite or after LATEST
    duplicates: int  # the same user, item, time and action as an earlier row
    item_rows: int = 0  # of the item table
    item_rows_rejected: int = 0
    user_rows: int = 0  # of the user table
    user_rows_rejected: int = 0
    attributes_rejected: int = 0  # unreadable cells of either table; their rows are kept
    items_without_attributes: int = 0  # items of the log that are not in the item table
    users_without_profile: int = 0  # users of the log that are not in the user table


@dataclass(frozen=True, slots=True)
class Cleaned:
    """n interactions in the file's order."""

    users: TextCodes  # [n]
    items: TextCodes  # [n]
    times: Doubles  # [n] Unix seconds, or the order
    values: Floats  # [n] NaN for none
    actions: TextCodes | None  # [n]; None if the job has no action column
    contexts: Mapping[str, TextCodes]  # [n] by column
    rejects: tuple[Iterable[Reject], ...]
    report: CleaningReport
    errors: tuple[str, ...]  # one for each key of the job that does not fit nearly all rows


def clean(table: Table, section: InteractionsSection, reference: float) -> Cleaned:
    """The distinct interactions with a user, an item and a time, without outliers.

    Outliers are relative to the earliest share `reference` of the rows, so that validation and test rows do not
    influence the cleaning.
    """
    columns = parse_columns(table, section)
    findings = list(check_rows(table, section, columns, reference))
    first = _assign_findings(findings, len(table))
    is_usable = first < 0
    errors = (*find_job_errors(table, findings), *check_milliseconds(section, columns.times[is_usable]))
    findings.append(check_duplicates(section, columns, is_usable))
    first[findings[-1].rows] = len(findings) - 1
    keep = first < 0
    rejected = np.flatnonzero(~keep)
    reasons = tuple(f"{finding.fault}: {finding.reason}" for finding in findings)
    return Cleaned(
        users=columns.users.take(keep),
        items=columns.items.take(keep),
        times=columns.times[keep],
        values=columns.values[keep].astype(np.float32),
        actions=None if columns.actions is None else columns.actions.take(keep),
        contexts={name: column.take(keep) for name, column in columns.contexts.items()},
        rejects=(table.rejected, RejectedRows(table.take(rejected), reasons, first[rejected])),
        report=_count_rows(table, findings, first),
        errors=errors,
    )


def _assign_findings(findings: Sequence[Finding], count: int) -> NDArray[np.int8]:
    """The index of the first finding that holds for each row [n]; -1 for none."""
    first = np.full(count, -1, dtype=np.int8)
    for number in reversed(range(len(findings))):
        first[findings[number].rows] = number
    return first


def _count_rows(table: Table, findings: Sequence[Finding], first: NDArray[np.int8]) -> CleaningReport:
    counts = np.bincount(first + 1, minlength=len(findings) + 1).tolist()  # -1, the kept rows, comes first
    rows = dict.fromkeys(Fault, 0)
    for finding, count in zip(findings, counts[1:], strict=True):
        rows[finding.fault] += count
    return CleaningReport(
        rows=len(table) + len(table.rejected),
        kept=counts[0],
        missing=rows[Fault.MISSING],
        unparsable=rows[Fault.UNPARSABLE] + len(table.rejected),
        outliers=rows[Fault.OUTLIER],
        duplicates=rows[Fault.DUPLICATE],
    )
