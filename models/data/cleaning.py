"""A raw table of interactions -> the ones that can be learned from, and the rest with the reason."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.contract.arrays import Floats, Mask
from models.data.readers.parsing import Numbers, moments, numbers, texts
from models.data.readers.table import Reject, Table
from models.data.validation import Fault, Finding, blamed
from models.job.sections import InteractionsSection

EARLIEST = 946_684_800.0
"""2000-01-01; as milliseconds, 11 days: fewer are more likely those of a clock with a start of its own."""
LATEST = 4_102_444_800.0
"""2100-01-01: a later time is milliseconds taken for seconds, or a slip."""
DEVIATIONS = 6.0
MAD_TO_STD = 1.4826
"""The standard deviation of a normal distribution is this many median absolute deviations."""
UNITS = {"s": "Unix seconds", "ms": "Unix milliseconds", "iso": "ISO 8601"}
SAMPLE = 100
"""Cells that are tried in another unit."""


@dataclass(frozen=True, slots=True)
class CleaningReport:
    """What was read, and what became of it. rows = kept + missing + unparsable + outliers + duplicates."""

    rows: int  # interactions
    kept: int
    missing: int  # the user, item, time or action is empty
    unparsable: int  # no row of cells at all, or a time or value that is none
    outliers: int  # see `outlying`; and times that are negative, infinite or past LATEST
    duplicates: int  # the same user, item, time and action as an earlier row
    item_rows: int = 0  # of the item table
    item_rows_rejected: int = 0
    user_rows: int = 0  # of the user table
    user_rows_rejected: int = 0
    attributes_rejected: int = 0  # cells of either table that were left out; their rows were kept
    items_without_attributes: int = 0  # interacted with, and not in the item table
    users_without_profile: int = 0  # interacting, and not in the user table


@dataclass(frozen=True, slots=True)
class Cleaned:
    """n interactions in the file's order."""

    users: pa.Array  # [n] string
    items: pa.Array  # [n] string
    times: Numbers  # [n] Unix seconds, or the order
    values: Floats  # [n] NaN: none
    actions: pa.Array | None  # [n] string; None where the job names no column
    contexts: Mapping[str, pa.Array]  # [n] string, null: none
    rejects: tuple[Reject, ...]
    report: CleaningReport
    blamed: tuple[str, ...]  # an error a key of the job that nearly all rows do not fit


def clean(table: Table, columns: InteractionsSection, reference: float) -> Cleaned:
    """The interactions that have a user, an item and a time, once each and within reason.

    What counts as an outlier is measured on the earliest share `reference` of the rows alone: the rows on
    which a model is validated and tested have no say in it.
    """
    users, items = texts(table.columns[columns.user]), texts(table.columns[columns.item])
    actions = None if columns.action is None else texts(table.columns[columns.action])
    times, bad_times = _times(table, columns)
    values, bad_values = _values(table, columns)
    findings = [
        *_missing(table, columns),
        *_unparsable(table, columns, bad_times, bad_values),
        *_outliers(columns, times, values, reference),
    ]
    sound = ~np.any([finding.rows for finding in findings], axis=0)
    keys = [users, items, actions] if actions is not None else [users, items]
    errors = (*blamed(table, findings), *_seconds_as_milliseconds(columns, times[sound]))
    findings.append(_repeats(columns, keys, times, sound))
    keep = sound & ~findings[-1].rows
    kept = pa.array(keep)
    return Cleaned(
        users=users.filter(kept),
        items=items.filter(kept),
        times=times[keep],
        values=values[keep].astype(np.float32),
        actions=None if actions is None else actions.filter(kept),
        contexts={name: texts(table.columns[name]).filter(kept) for name in columns.context},
        rejects=(*table.rejected, *_rejects(table, findings)),
        report=_report(table, findings, keep),
        blamed=errors,
    )


def outlying(values: Numbers, reference: Mask) -> Mask:
    """Which values [n] are infinite, or more than DEVIATIONS robust deviations from the median.

    Median and deviation (MAD) are those of the reference rows. A value is far out only if it is so as it
    stands and on a logarithmic scale too, which spares the long tail of counts, durations and prices. Where
    the MAD is 0 (most values are equal), none is.
    """
    known = ~np.isnan(values)
    logarithms = np.sign(values) * np.log1p(np.abs(values))
    far = _far(values, known & reference) & _far(logarithms, known & reference)
    return np.asarray(known & (far | np.isinf(values)))


def _far(values: Numbers, reference: Mask) -> Mask:
    sample = values[reference & np.isfinite(values)]
    if not len(sample):
        return np.zeros(len(values), dtype=bool)
    median = np.median(sample)
    deviation = MAD_TO_STD * np.median(np.abs(sample - median))
    return np.asarray((deviation > 0) & (np.abs(values - median) > DEVIATIONS * deviation))


def _times(table: Table, columns: InteractionsSection) -> tuple[Numbers, Mask]:
    if columns.time is not None:
        return moments(table.columns[columns.time], columns.time_unit)
    return numbers(table.columns[str(columns.order)])


def _values(table: Table, columns: InteractionsSection) -> tuple[Numbers, Mask]:
    if columns.value is not None:
        return numbers(table.columns[columns.value])
    count = len(table.numbers)
    return np.full(count, np.nan), np.zeros(count, dtype=bool)


def _missing(table: Table, columns: InteractionsSection) -> Iterator[Finding]:
    roles = {
        "user": columns.user,
        "item": columns.item,
        "time": columns.time,
        "order": columns.order,
        "action": columns.action,
    }
    for role, name in roles.items():
        if name is not None:
            empty = np.asarray(pc.is_null(texts(table.columns[name])), dtype=bool)
            key = f"interactions.{role}"
            yield Finding(Fault.MISSING, f"{name} is empty", empty, name, key, f"one {role} a row")


def _unparsable(
    table: Table, columns: InteractionsSection, bad_times: Mask, bad_values: Mask
) -> Iterator[Finding]:
    if columns.order is not None:
        reason = f"{columns.order} is not a number"
        yield Finding(
            Fault.UNPARSABLE, reason, bad_times, columns.order, "interactions.order", "one number a row"
        )
    if columns.time is not None:
        unit = f"time_unit: {columns.time_unit}"
        expected = f"times in {UNITS[columns.time_unit]} ({unit})"
        cells = table.columns[columns.time].filter(pa.array(bad_times))
        key = "interactions.time_unit" if _of_another_unit(cells, columns) else "interactions.time"
        reason = f"{columns.time} is not a time ({unit})"
        yield Finding(Fault.UNPARSABLE, reason, bad_times, columns.time, key, expected)
    if columns.value is not None:
        reason, key = f"{columns.value} is not a number", "interactions.value"
        yield Finding(Fault.UNPARSABLE, reason, bad_values, columns.value, key, "numbers")


def _of_another_unit(cells: pa.Array, columns: InteractionsSection) -> bool:
    """Whether cells that are no times in the job's unit would be, in another."""
    other = "s" if columns.time_unit == "iso" else "iso"
    return bool(len(cells)) and not moments(cells.slice(0, SAMPLE), other)[1].any()


def _outliers(
    columns: InteractionsSection, times: Numbers, values: Numbers, reference: float
) -> Iterator[Finding]:
    odd = ~np.isfinite(times)
    if columns.time is not None:
        late = times > LATEST
        odd |= (times < 0) | late
        reason = f"{columns.time} is not within 1970 and 2100"
        expected = f"times within 1970 and 2100 (time_unit: {columns.time_unit})"
        key = "interactions.time_unit" if late.sum() > odd.sum() / 2 else "interactions.time"
        yield Finding(Fault.OUTLIER, reason, odd, columns.time, key, expected)
    if columns.order is not None:
        reason, key = f"{columns.order} is not finite", "interactions.order"
        yield Finding(Fault.OUTLIER, reason, odd, columns.order, key, "finite numbers")
    if columns.value is not None:
        sound = times[~odd]
        early = ~odd & (times <= (np.quantile(sound, reference) if len(sound) else 0))
        reason = f"{columns.value} is infinite, or more than {DEVIATIONS:g} robust deviations from the median"
        found = outlying(values, early)
        yield Finding(Fault.OUTLIER, reason, found, columns.value, "interactions.value", "finite numbers")


def _seconds_as_milliseconds(columns: InteractionsSection, times: Numbers) -> Iterator[str]:
    """An error where all times lie in early 1970 as milliseconds, and between 2000 and 2100 as seconds.

    Others are taken as they are: a clock may count milliseconds from a start of its own.
    """
    if columns.time_unit != "ms" or not len(times):
        return
    first, last = 1000 * times.min(), 1000 * times.max()
    if first >= EARLIEST and last <= LATEST:
        yield (
            "interactions.time_unit: expected s for times that are all in early 1970 as milliseconds, "
            f"given ms for {first:.0f} to {last:.0f}"
        )


def _repeats(columns: InteractionsSection, keys: list[pa.Array], times: Numbers, sound: Mask) -> Finding:
    """Sound rows whose keys and time an earlier sound row has."""
    rows = np.flatnonzero(sound)
    codes = [
        key.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)[rows] for key in keys
    ]
    table = [times[rows], *codes]
    order = np.lexsort(table)  # stable: of equal rows the earliest comes first
    same = np.all([column[order][1:] == column[order][:-1] for column in table], axis=0)
    repeats = np.zeros(len(sound), dtype=bool)
    repeats[rows[order[1:][same]]] = True
    reason, expected = "same user, item, time and action as an earlier row", "rows that differ"
    return Finding(Fault.DUPLICATE, reason, repeats, columns.item, "interactions.path", expected)


def _first(findings: list[Finding]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Per row [n] the number of the first finding that holds; -1 for none."""
    holds = np.stack([finding.rows for finding in findings])
    return np.where(holds.any(axis=0), holds.argmax(axis=0), -1)


def _rejects(table: Table, findings: list[Finding]) -> Iterator[Reject]:
    first = _first(findings)
    for row in np.flatnonzero(first >= 0):
        finding = findings[first[row]]
        yield table.reject(int(row), f"{finding.fault}: {finding.reason}")


def _report(table: Table, findings: list[Finding], keep: Mask) -> CleaningReport:
    first = _first(findings)
    count = {
        fault: sum(
            int((first == place).sum()) for place, finding in enumerate(findings) if finding.fault is fault
        )
        for fault in Fault
    }
    return CleaningReport(
        rows=len(keep) + len(table.rejected),
        kept=int(keep.sum()),
        missing=count[Fault.MISSING],
        unparsable=count[Fault.UNPARSABLE] + len(table.rejected),
        outliers=count[Fault.OUTLIER],
        duplicates=count[Fault.DUPLICATE],
    )
