"""Parse the columns of raw interactions, and find rows that cannot be used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from models.contract.arrays import Doubles, Mask
from models.data.duplicates import find_repeated
from models.data.outliers import DEVIATIONS, find_outliers
from models.data.readers.moments import TimeFormat, parse_moments
from models.data.readers.parsing import TextCodes, code_texts, is_empty, parse_numbers
from models.data.readers.table import Table
from models.data.validation import Fault, Finding
from models.job.interactions_section import InteractionsSection

EARLIEST = 946_684_800.0
"""2000-01-01. In milliseconds it is 11 days, and smaller times are likely from a clock with another start."""
PLAUSIBLE_UNTIL = 4_102_444_800.0
"""2100-01-01. A later time is in milliseconds instead of seconds, or an error."""
KEPT = "; kept without it"
"""The end of a reason for which a cell is dropped and its row is kept."""
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
    labels: Mapping[str, Doubles]
    bad_labels: Mapping[str, Mask]
    times: Doubles  # Unix seconds; the order if the job has no time
    orders: Doubles | None  # the order beside the time
    values: Doubles
    bad_times: Mask
    bad_orders: Mask
    bad_values: Mask
    texts: TextCodes | None = None


def parse_columns(table: Table, section: InteractionsSection) -> InteractionColumns:
    """Parse the job's columns of a table."""
    orders, bad_orders = _parse_optional(table, section.order, section.decimal)
    values, bad_values = _parse_optional(table, section.value, section.decimal)
    times, bad_times = orders, np.zeros(len(table), dtype=bool)
    if section.time is not None:
        times, bad_times = parse_moments(table.columns[section.time], time_format(section))
    actions = None if section.action is None else code_texts(table.columns[section.action])
    labels = {name: parse_numbers(table.columns[name], section.decimal) for name in section.labels}
    return InteractionColumns(
        users=code_texts(table.columns[section.user]),
        items=code_texts(table.columns[section.item]),
        actions=None if actions is None else rename_texts(actions, section.action_names),
        contexts={name: code_texts(table.columns[name]) for name in section.context},
        labels={
            name: np.where(np.isfinite(numbers), numbers, np.nan) for name, (numbers, _) in labels.items()
        },
        bad_labels={name: bad for name, (_, bad) in labels.items()},
        times=times,
        orders=None if section.time is None or section.order is None else orders,
        values=values,
        bad_times=bad_times,
        bad_orders=bad_orders,
        bad_values=bad_values,
        texts=None if section.text is None else code_texts(table.columns[section.text]),
    )


def time_format(section: InteractionsSection) -> TimeFormat:
    """How the log writes its times."""
    return TimeFormat(section.time_unit, section.time_format, section.time_zone)


def rename_texts(column: TextCodes, names: Mapping[str, str]) -> TextCodes:
    """The texts with new names, where `names` has one; texts may share a name."""
    if not names:
        return column
    renamed = pa.array([names.get(name, name) for name in column.names.to_pylist()], pa.string())
    distinct = renamed.dictionary_encode()
    table = np.append(
        np.asarray(distinct.indices, dtype=np.int32), np.int32(-1)
    )  # -1 selects the last element
    return TextCodes(distinct.dictionary, table[column.codes])


def _parse_optional(table: Table, name: str | None, decimal: str) -> tuple[Doubles, Mask]:
    """The numbers of a column and its unreadable cells; without a column NaN and none."""
    if name is None:
        return np.full(len(table), np.nan), np.zeros(len(table), dtype=bool)
    return parse_numbers(table.columns[name], decimal)


def check_rows(table: Table, section: InteractionsSection, columns: InteractionColumns) -> Iterator[Finding]:
    """Yield the findings about rows that cannot be used: missing, unparsable and impossible cells."""
    yield from _check_missing(table, section, columns)
    yield from _check_unparsable(table, section, columns)
    yield from _check_times(section, columns.times)


def check_values(
    section: InteractionsSection, columns: InteractionColumns, reference: float
) -> Iterator[Finding]:
    """Yield the findings about values, without which their rows are kept; `reference` as in cleaning.clean."""
    if section.value is None:
        return
    reason, key = f"{section.value} is not a number{KEPT}", "interactions.value"
    yield Finding(Fault.UNPARSABLE, reason, columns.bad_values, section.value, key, "numbers")
    has_time = np.isfinite(columns.times)
    latest = np.quantile(columns.times[has_time], reference) if has_time.any() else 0
    is_early = has_time & (columns.times <= latest)
    reason = (
        f"{section.value} is infinite, or more than {DEVIATIONS:g} robust deviations from the median{KEPT}"
    )
    outlying = find_outliers(columns.values, is_early)
    yield Finding(Fault.OUTLIER, reason, outlying, section.value, key, "finite numbers")


def check_labels(section: InteractionsSection, columns: InteractionColumns) -> Iterator[Finding]:
    """Yield the findings about label columns, without whose cell their rows are kept."""
    for name in section.labels:
        reason = f"{name} is not a number{KEPT}"
        yield Finding(
            Fault.UNPARSABLE,
            reason,
            columns.bad_labels[name],
            name,
            "interactions.labels",
            "columns of numbers",
        )


def _check_missing(
    table: Table, section: InteractionsSection, columns: InteractionColumns
) -> Iterator[Finding]:
    moment = is_empty(table.columns[str(section.time or section.order)])
    empty = {
        "user": (section.user, columns.users.codes < 0),
        "item": (section.item, columns.items.codes < 0),
        "order" if section.time is None else "time": (str(section.time or section.order), moment),
    }
    if section.time is not None and section.order is not None:
        empty["order"] = (section.order, is_empty(table.columns[section.order]))
    if section.action is not None and columns.actions is not None:
        empty["action"] = (section.action, columns.actions.codes < 0)
    for role, (name, rows) in empty.items():
        key = f"interactions.{role}"
        yield Finding(Fault.MISSING, f"{name} is empty", rows, name, key, f"one {role} a row")


def _check_unparsable(
    table: Table, section: InteractionsSection, columns: InteractionColumns
) -> Iterator[Finding]:
    if section.order is not None:
        reason, key = f"{section.order} is not a number", "interactions.order"
        yield Finding(Fault.UNPARSABLE, reason, columns.bad_orders, section.order, key, "one number a row")
    if section.time is None:
        return
    if section.time_format is not None:
        form, key = f"time_format: {section.time_format}", "interactions.time_format"
        expected = f"times in the format {section.time_format!r}"
    else:
        form = f"time_unit: {section.time_unit}"
        cells = table.columns[section.time].filter(pa.array(columns.bad_times))
        key = "interactions.time_unit" if _has_another_unit(cells, section) else "interactions.time"
        expected = f"times in {UNITS[section.time_unit]} ({form})"
    reason = f"{section.time} is not a time ({form})"
    yield Finding(Fault.UNPARSABLE, reason, columns.bad_times, section.time, key, expected)


def _has_another_unit(cells: pa.Array, section: InteractionsSection) -> bool:
    """True if cells that are not times in the job's unit are times in another unit."""
    other = "s" if section.time_unit == "iso" else "iso"
    return bool(len(cells)) and not parse_moments(cells.slice(0, SAMPLE), TimeFormat(other))[1].any()


def _check_times(section: InteractionsSection, times: Doubles) -> Iterator[Finding]:
    is_outlier = ~np.isfinite(times)
    if section.time is None:
        order = str(section.order)
        reason, key = f"{order} is not finite", "interactions.order"
        yield Finding(Fault.OUTLIER, reason, is_outlier, order, key, "finite numbers")
        return
    is_late = times > PLAUSIBLE_UNTIL
    is_outlier |= (times < 0) | is_late
    reason = f"{section.time} is not within 1970 and 2100"
    unit = section.time_format or section.time_unit
    expected = f"times within 1970 and 2100 (time_unit: {unit})"
    key = "interactions.time_unit" if is_late.sum() > is_outlier.sum() / 2 else "interactions.time"
    yield Finding(Fault.OUTLIER, reason, is_outlier, section.time, key, expected)


def check_milliseconds(section: InteractionsSection, times: Doubles) -> Iterator[str]:
    """Yield an error if all times are in early 1970 as milliseconds, but between 2000 and 2100 as seconds.

    Other early times are accepted, since a clock may count milliseconds from another start.
    """
    if section.time_unit != "ms" or not len(times):
        return
    first, last = 1000 * times.min(), 1000 * times.max()
    if first >= EARLIEST and last <= PLAUSIBLE_UNTIL:
        yield (
            "interactions.time_unit: expected s for times that are all in early 1970 as milliseconds, "
            f"given ms for {first:.0f} to {last:.0f}"
        )


def check_repeated(
    section: InteractionsSection, columns: InteractionColumns, is_usable: Mask
) -> Iterator[Finding]:
    """Yield the usable rows that a later row repeats, with the same value or with another."""
    texts = [columns.users, columns.items, *([columns.actions] if columns.actions is not None else [])]
    rows = np.flatnonzero(is_usable)
    orders = None if columns.orders is None else columns.orders[rows]
    texts = [column.take(rows) for column in texts]
    repeated = find_repeated(columns.times[rows], columns.values[rows], texts, orders)
    same = "same user, item, time and action as a later row"
    for fault, mask, reason in (
        (Fault.DUPLICATE, repeated.equal, same),
        (Fault.REPLACED, repeated.replaced, f"{same}, which has another value"),
    ):
        found = np.zeros(len(is_usable), dtype=bool)
        found[rows[mask]] = True
        yield Finding(fault, reason, found, section.item, "interactions.path", "rows that differ")
