"""Clean a raw table of interactions: usable rows, and rejected rows with their reasons."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats, Mask
from models.data.interaction_checks import (
    InteractionColumns,
    check_labels,
    check_milliseconds,
    check_repeated,
    check_rows,
    check_values,
    parse_columns,
)
from models.data.losses import Loss, check_loss, find_losses
from models.data.readers.parsing import TextCodes, join_texts
from models.data.readers.table import Reject, RejectedRows, Table
from models.data.validation import Fault, Finding, find_job_errors
from models.job.interactions_section import InteractionsSection


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """Counts of the rows read, kept and rejected.

    rows = kept + missing + unparsable + outliers + duplicates + replaced + erased.
    """

    rows: int  # interactions
    kept: int
    missing: int  # the user, item, time or action is empty
    unparsable: int  # the row or its time cannot be read
    outliers: int  # times that are negative, infinite or after 2100
    duplicates: int  # the same user, item, time, action and value as a later row
    replaced: int = 0  # the same user, item, time and action as a later row, which has another value
    values_dropped: int = 0  # unreadable or outlying values (see find_outliers); their rows are kept
    item_rows: int = 0  # of the item table
    item_rows_rejected: int = 0
    user_rows: int = 0  # of the user table
    user_rows_rejected: int = 0
    attributes_rejected: int = 0  # unreadable cells of either table; their rows are kept
    items_without_attributes: int = 0  # items of the log that are not in the item table
    users_without_profile: int = 0  # users of the log that are not in the user table
    history_rows: int = 0  # of the histories
    history_rows_rejected: int = 0
    earlier_events: int = 0  # of the histories, without a time; not among the rows
    erased: int = 0  # before their user's erasure, by the job's lists of erased users


@dataclass(frozen=True, slots=True)
class Cleaned:
    """n interactions in the file's order."""

    users: TextCodes  # [n]
    items: TextCodes  # [n]
    times: Doubles  # [n] Unix seconds, or the order
    orders: Doubles | None  # [n] the order of rows of the same time
    values: Floats  # [n] NaN for none
    actions: TextCodes | None  # [n]; None if the job has no action column
    contexts: Mapping[str, TextCodes]  # [n] by column
    labels: Mapping[str, Doubles]  # [n] by column; NaN for none
    rejects: tuple[Iterable[Reject], ...]
    report: CleaningReport
    losses: tuple[Loss, ...]  # why rows cannot be used, the most frequent reason first
    errors: tuple[str, ...]  # one for each key of the job that does not fit the rows
    texts: TextCodes | None = None  # [n] what the users wrote


def clean(table: Table, section: InteractionsSection, reference: float) -> Cleaned:
    """The distinct interactions with a user, an item and a time; outlying values are dropped from their rows.

    Outliers are relative to the earliest share `reference` of the rows, so that validation and test rows do not
    influence the cleaning. Of rows with the same user, item, time and action the last is kept.
    """
    columns = parse_columns(table, section)
    findings = list(check_rows(table, section, columns))
    first = assign_findings(findings, len(table))
    is_usable = first < 0
    faulty_values = list(check_values(section, columns, reference))
    faulty_labels = list(check_labels(section, columns))
    losses = find_losses(table, findings, first)
    errors = [*find_job_errors(table, [*findings, *faulty_values, *faulty_labels])]
    errors += check_milliseconds(section, columns.times[is_usable])
    errors += [] if errors else check_loss(losses, len(table) + len(table.rejected), section.max_loss)
    columns = _drop_values(columns, faulty_values)
    findings += check_repeated(section, columns, is_usable)
    for number, finding in enumerate(findings[-2:], start=len(findings) - 2):
        first[finding.rows] = number
    keep = first < 0
    return Cleaned(
        users=columns.users.take(keep),
        items=columns.items.take(keep),
        times=columns.times[keep],
        orders=None if columns.orders is None else columns.orders[keep],
        values=columns.values[keep].astype(np.float32),
        actions=None if columns.actions is None else columns.actions.take(keep),
        contexts={name: column.take(keep) for name, column in columns.contexts.items()},
        labels={name: column[keep] for name, column in columns.labels.items()},
        rejects=(
            table.rejected,
            reject_rows(table, findings, first),
            *_reject_values(table, [*faulty_values, *faulty_labels], keep),
        ),
        report=_count_rows(table, findings, first, faulty_values),
        losses=losses,
        errors=tuple(errors),
        texts=None if columns.texts is None else columns.texts.take(keep),
    )


def take_rows(cleaned: Cleaned, rows: Mask) -> Cleaned:
    """The interactions at `rows` [n]; the report is that of all."""
    return replace(
        cleaned,
        users=cleaned.users.take(rows),
        items=cleaned.items.take(rows),
        times=cleaned.times[rows],
        orders=None if cleaned.orders is None else cleaned.orders[rows],
        values=cleaned.values[rows],
        actions=None if cleaned.actions is None else cleaned.actions.take(rows),
        contexts={name: column.take(rows) for name, column in cleaned.contexts.items()},
        labels={name: column[rows] for name, column in cleaned.labels.items()},
        texts=None if cleaned.texts is None else cleaned.texts.take(rows),
    )


def join_rows(first: Cleaned, second: Cleaned) -> Cleaned:
    """The interactions of both, with the same columns, one after the other; all else is that of the second."""
    return replace(
        second,
        users=join_texts(first.users, second.users),
        items=join_texts(first.items, second.items),
        times=np.concatenate([first.times, second.times]),
        orders=None
        if first.orders is None or second.orders is None
        else np.concatenate([first.orders, second.orders]),
        values=np.concatenate([first.values, second.values]),
        actions=_join_optional(first.actions, second.actions),
        contexts={name: join_texts(first.contexts[name], column) for name, column in second.contexts.items()},
        labels={name: np.concatenate([first.labels[name], column]) for name, column in second.labels.items()},
        texts=_join_optional(first.texts, second.texts),
    )


def _join_optional(first: TextCodes | None, second: TextCodes | None) -> TextCodes | None:
    return None if first is None or second is None else join_texts(first, second)


def _drop_values(columns: InteractionColumns, faulty: Sequence[Finding]) -> InteractionColumns:
    """The columns without the faulty values."""
    values = columns.values
    for finding in faulty:
        values = np.where(finding.rows, np.nan, values)
    return replace(columns, values=values)


def reject_rows(table: Table, findings: Sequence[Finding], first: NDArray[np.int8]) -> RejectedRows:
    """The rejected rows of the table with their reasons."""
    rows = np.flatnonzero(first >= 0)
    reasons = tuple(f"{finding.fault}: {finding.reason}" for finding in findings)
    return RejectedRows(table.take(rows), reasons, first[rows])


def _reject_values(table: Table, faulty: Sequence[Finding], keep: Mask) -> Iterator[RejectedRows]:
    """The kept rows whose value or label was dropped, with the reason."""
    for finding in faulty:
        rows = np.flatnonzero(finding.rows & keep)
        reason = f"{finding.fault}: {finding.reason}"
        yield RejectedRows(table.take(rows), (reason,), np.zeros(len(rows), dtype=np.int8))


def assign_findings(findings: Sequence[Finding], count: int) -> NDArray[np.int8]:
    """The index of the first finding that holds for each row [n]; -1 for none."""
    first = np.full(count, -1, dtype=np.int8)
    for number in reversed(range(len(findings))):
        first[findings[number].rows] = number
    return first


def _count_rows(
    table: Table, findings: Sequence[Finding], first: NDArray[np.int8], faulty_values: Sequence[Finding]
) -> CleaningReport:
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
        replaced=rows[Fault.REPLACED],
        values_dropped=sum(int((finding.rows & (first < 0)).sum()) for finding in faulty_values),
    )
