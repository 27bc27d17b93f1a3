"""Parse the columns of raw interactions, and find rows that cannot be used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.contract.arrays import Doubles, Mask
from models.data.duplicates import find_duplicates
from models.data.outliers import DEVIATIONS, find_outliers
from models.data.readers.parsing import TextCodes, code_texts, is_empty, parse_moments, parse_numbers
from models.data.readers.table import Table
from models.data.validation import Fault, Finding
from models.job.sections import InteractionsSection

EARLIEST = 946_684_800.0
"""2000-01-01. In milliseconds it is 11 days, and smaller times are likely from a clock with another start."""
LATEST = 4_102_444_800.0
"""2100-01-01. A later time is in milliseconds instead of seconds, or an error."""
UNITS = {"s": "Unix seconds", "ms": "Unix milliseconds", "iso": "ISO 8601"}
SAMPLE = 100
"""Unreadable cells that are parsed in another unit."""


@dataclass(frozen=True, slots=True)
class InteractionColumns:
    """The parsed columns [n] of all rows of a table, including unusable rows."""

    users: TextCodes
    items: TextCodes
    actions: TextCodes | None
    contexts: Mapping[str, TextCodes]
    times: Doubles
    values: Doubles
    bad_times: Mask
    bad_values: Mask


def parse_columns(table: Table, section: InteractionsSection) -> InteractionColumns:
    """Parse the job's columns of a table."""
    times, bad_times = _parse_times(table, section)
    values, bad_values = _parse_values(table, section)
    return InteractionColumns(
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


def check_rows(
    table: Table, section: InteractionsSection, columns: InteractionColumns, reference: float
) -> Iterator[Finding]:
    """Yield the findings about missing, unparsable and outlying cells; `reference` as in cleaning.clean."""
    yield from _check_missing(table, section, columns)
    yield from _check_unparsable(table, section, columns.bad_times, columns.bad_values)
    yield from _check_outliers(section, columns.times, columns.values, reference)


def _check_missing(
    table: Table, section: InteractionsSection, columns: InteractionColumns
) -> Iterator[Finding]:
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


def check_milliseconds(section: InteractionsSection, times: Doubles) -> Iterator[str]:
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


def check_duplicates(section: InteractionsSection, columns: InteractionColumns, is_usable: Mask) -> Finding:
    """The usable rows that duplicate an earlier one."""
    texts = [columns.users, columns.items, *([columns.actions] if columns.actions is not None else [])]
    rows = np.flatnonzero(is_usable)
    is_duplicate = np.zeros(len(is_usable), dtype=bool)
    is_duplicate[rows[find_duplicates(columns.times[rows], [column.take(rows) for column in texts])]] = True
    reason, expected = "same user, item, time and action as an earlier row", "rows that differ"
    return Finding(Fault.DUPLICATE, reason, is_duplicate, section.item, "interactions.path", expected)
