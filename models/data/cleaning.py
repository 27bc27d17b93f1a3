"""Clean a raw table of interactions: usable rows, and rejected rows with their reasons."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.contract.arrays import Doubles, Floats, Mask
from models.data.duplicates import find_duplicates
from models.data.outliers import DEVIATIONS, find_outliers
from models.data.readers.parsing import TextCodes, code_texts, is_empty, parse_moments, parse_numbers
from models.data.readers.table import Reject, RejectedRows, Table
from models.data.validation import Fault, Finding, find_job_errors
from models.job.sections import InteractionsSection

EARLIEST = 946_684_800.0
"""2000-01-01. In milliseconds it is 11 days, and smaller times are likely from a clock with another start."""
LATEST = 4_102_444_800.0
"""2100-01-01. A later time is in milliseconds instead of seconds, or an error."""
UNITS = {"s": "Unix seconds", "ms": "Unix milliseconds", "iso": "ISO 8601"}
SAMPLE = 100
"""Unreadable cells that are parsed in another unit."""


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


@dataclass(frozen=True, slots=True)
class _Columns:
    """The parsed columns [n] of all rows of a table, including unusable rows."""

    users: TextCodes
    items: TextCodes
    actions: TextCodes | None
    contexts: Mapping[str, TextCodes]
    times: Doubles
    values: Doubles
    bad_times: Mask
    bad_values: Mask


def clean(table: Table, section: InteractionsSection, reference: float) -> Cleaned:
    """The distinct interactions with a user, an item and a time, without outliers.

    Outliers are relative to the earliest share `reference` of the rows, so that validation and test rows do not
    influence the cleaning.
    """
    columns = _parse_columns(table, section)
    findings = [
        *_check_missing(table, section, columns),
        *_check_unparsable(table, section, columns.bad_times, columns.bad_values),
        *_check_outliers(section, columns.times, columns.values, reference),
    ]
    first = _assign_findings(findings, len(table))
    is_usable = first < 0
    errors = (*find_job_errors(table, findings), *_check_milliseconds(section, columns.times[is_usable]))
    findings.append(_check_duplicates(section, columns, is_usable))
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


def _parse_columns(table: Table, section: InteractionsSection) -> _Columns:
    times, bad_times = _parse_times(table, section)
    values, bad_values = _parse_values(table, section)
    return _Columns(
        users=code_texts(table.columns[section.user]),
        items=code_texts(table.columns[section.item]),
        actions=None if section.action is None else code_texts(table.columns[section.action]),
        contexts={name: code_texts(table.columns[name]) for name in section.context},
        times=times,
        values=values,
        bad_times=bad_times,
        bad_values=bad_values,
    )


def _parse_times(table: Table, section: InteractionsSection) -> tuple[Doubles, Mask]:
    if section.time is not None:
        return parse_moments(table.columns[section.time], section.time_unit)
    return parse_numbers(table.columns[str(section.order)])


def _parse_values(table: Table, section: InteractionsSection) -> tuple[Doubles, Mask]:
    if section.value is not None:
        return parse_numbers(table.columns[section.value])
    return np.full(len(table), np.nan), np.zeros(len(table), dtype=bool)


def _check_missing(table: Table, section: InteractionsSection, columns: _Columns) -> Iterator[Finding]:
    moment = is_empty(table.columns[str(section.time or section.order)])
    empty = {
        "user": (section.user, columns.users.codes < 0),
        "item": (section.item, columns.items.codes < 0),
        "order" if section.time is None else "time": (str(section.time or section.order), moment),
    }
    if section.action is not None and columns.actions is not None:
        empty["action"] = (section.action, columns.actions.codes < 0)
    for role, (name, rows) in empty.items():
        key = f"interactions.{role}"
        yield Finding(Fault.MISSING, f"{name} is empty", rows, name, key, f"one {role} a row")


def _check_unparsable(
    table: Table, section: InteractionsSection, bad_times: Mask, bad_values: Mask
) -> Iterator[Finding]:
    if section.order is not None:
        reason = f"{section.order} is not a number"
        yield Finding(
            Fault.UNPARSABLE, reason, bad_times, section.order, "interactions.order", "one number a row"
        )
    if section.time is not None:
        unit = f"time_unit: {section.time_unit}"
        expected = f"times in {UNITS[section.time_unit]} ({unit})"
        cells = table.columns[section.time].filter(pa.array(bad_times))
        key = "interactions.time_unit" if _has_another_unit(cells, section) else "interactions.time"
        reason = f"{section.time} is not a time ({unit})"
        yield Finding(Fault.UNPARSABLE, reason, bad_times, section.time, key, expected)
    if section.value is not None:
        reason, key = f"{section.value} is not a number", "interactions.value"
        yield Finding(Fault.UNPARSABLE, reason, bad_values, section.value, key, "numbers")


def _has_another_unit(cells: pa.Array, section: InteractionsSection) -> bool:
    """True if cells that are not times in the job's unit are times in another unit."""
    other = "s" if section.time_unit == "iso" else "iso"
    return bool(len(cells)) and not parse_moments(cells.slice(0, SAMPLE), other)[1].any()


def _check_outliers(
    section: InteractionsSection, times: Doubles, values: Doubles, reference: float
) -> Iterator[Finding]:
    is_outlier = ~np.isfinite(times)
    if section.time is not None:
        is_late = times > LATEST
        is_outlier |= (times < 0) | is_late
        reason = f"{section.time} is not within 1970 and 2100"
        expected = f"times within 1970 and 2100 (time_unit: {section.time_unit})"
        key = "interactions.time_unit" if is_late.sum() > is_outlier.sum() / 2 else "interactions.time"
        yield Finding(Fault.OUTLIER, reason, is_outlier, section.time, key, expected)
    if section.order is not None:
        reason, key = f"{section.order} is not finite", "interactions.order"
        yield Finding(Fault.OUTLIER, reason, is_outlier, section.order, key, "finite numbers")
    if section.value is not None:
        valid_times = times[~is_outlier]
        latest = np.quantile(valid_times, reference) if len(valid_times) else 0
        is_early = ~is_outlier & (times <= latest)
        reason = f"{section.value} is infinite, or more than {DEVIATIONS:g} robust deviations from the median"
        is_outlier, key = find_outliers(values, is_early), "interactions.value"
        yield Finding(Fault.OUTLIER, reason, is_outlier, section.value, key, "finite numbers")


def _check_milliseconds(section: InteractionsSection, times: Doubles) -> Iterator[str]:
    """Yield an error if all times are in early 1970 as milliseconds, but between 2000 and 2100 as seconds.

    Other early times are accepted, since a clock may count milliseconds from another start.
    """
    if section.time_unit != "ms" or not len(times):
        return
    first, last = 1000 * times.min(), 1000 * times.max()
    if first >= EARLIEST and last <= LATEST:
        yield (
            "interactions.time_unit: expected s for times that are all in early 1970 as milliseconds, "
            f"given ms for {first:.0f} to {last:.0f}"
        )


def _check_duplicates(section: InteractionsSection, columns: _Columns, is_usable: Mask) -> Finding:
    texts = [columns.users, columns.items, *([columns.actions] if columns.actions is not None else [])]
    rows = np.flatnonzero(is_usable)
    is_duplicate = np.zeros(len(is_usable), dtype=bool)
    is_duplicate[rows[find_duplicates(columns.times[rows], [column.take(rows) for column in texts])]] = True
    reason, expected = "same user, item, time and action as an earlier row", "rows that differ"
    return Finding(Fault.DUPLICATE, reason, is_duplicate, section.item, "interactions.path", expected)


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
