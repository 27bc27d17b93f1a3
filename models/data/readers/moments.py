"""Parse cells into moments: Unix times, ISO 8601, and texts of a given format, in a time zone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.contract.arrays import Doubles, Mask
from models.data.readers.parsing import decode, iterate_chunks, parse_numbers, to_floats

PLAIN_MOMENT = r"^[1-9]\d{3}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)?)?$"
"""Forms that Arrow and datetime.fromisoformat read alike, except for the zone."""
UTC_ZONE = r"(Z|\+00:00)$"
QUARTER = 900.0
"""Seconds: the offset of a zone changes at a quarter of an hour only."""


class TimeFormat(NamedTuple):
    """How moments are written."""

    unit: str = "s"  # s, ms or iso; not used for a column of timestamps
    pattern: str | None = None  # as in datetime.strptime, in place of the unit
    zone: str = "UTC"  # of moments that name none


UNIX = TimeFormat()


def parse_moments(column: pa.Array, form: TimeFormat) -> tuple[Doubles, Mask]:
    """Cells as Unix seconds [n], NaN if not readable, and a mask [n] of cells that are neither empty nor a moment."""
    column = decode(column)
    if pa.types.is_timestamp(column.type):
        microseconds = to_floats(column.cast(pa.int64()).cast(pa.float64(), safe=False))
        is_local = column.type.tz is None
        seconds = to_utc(microseconds / 1e6, form.zone) if is_local else microseconds / 1e6
        return seconds, np.zeros(len(column), dtype=bool)
    if form.pattern is not None or form.unit == "iso":
        return _parse_texts(column, form)
    seconds, is_bad = parse_numbers(column)
    if form.unit == "ms":
        seconds /= 1000
    return seconds, is_bad


def to_utc(local: Doubles, zone: str) -> Doubles:
    """Unix seconds [n] of local times [n], given as seconds since 1970-01-01 00:00 of the zone.

    A time that occurs twice is the first of both; a skipped one has the offset before it (PEP 495, fold 0).
    """
    if zone == "UTC":
        return local
    quarters = np.floor(local / QUARTER)
    distinct, back = np.unique(quarters[np.isfinite(quarters)], return_inverse=True)
    offsets = np.full(len(local), np.nan)
    offsets[np.isfinite(quarters)] = np.array([_offset(quarter * QUARTER, zone) for quarter in distinct])[
        back
    ]
    return np.asarray(local - offsets)


def _offset(local: float, zone: str) -> float:
    """Seconds by which a zone's clock is ahead of UTC at a local time; 0 outside datetime's years."""
    try:
        moment = datetime.fromtimestamp(local, UTC).replace(tzinfo=ZoneInfo(zone))
    except (ValueError, OverflowError, OSError):
        return 0.0
    offset = moment.utcoffset()
    return 0.0 if offset is None else offset.total_seconds()


def _parse_texts(column: pa.Array, form: TimeFormat) -> tuple[Doubles, Mask]:
    """parse_moments for texts in ISO 8601 or of a pattern."""
    seconds, empty = np.full(len(column), np.nan), np.empty(len(column), dtype=bool)
    for part, chunk in iterate_chunks(column):
        empty[part] = np.asarray(pc.is_null(chunk), dtype=bool)
        fast = _read_iso(chunk, form.zone) if form.pattern is None else _read_pattern(chunk, form)
        rows = np.flatnonzero(np.isnan(fast) & ~empty[part])
        cells = chunk.take(pa.array(rows)).to_pylist()
        fast[rows] = _read_singly(cells, form)
        seconds[part] = fast
    return seconds, np.isnan(seconds) & ~empty


def _read_iso(texts: pa.Array, zone: str) -> Doubles:
    """Unix seconds [n] of the texts in a form that Arrow reads; NaN for others."""
    seconds = np.full(len(texts), np.nan)
    plain = np.asarray(pc.fill_null(pc.match_substring_regex(texts, PLAIN_MOMENT), False), dtype=bool)
    chosen = texts.filter(pa.array(plain))
    in_utc = np.asarray(pc.match_substring_regex(chosen, UTC_ZONE), dtype=bool)
    try:
        moments = pc.replace_substring_regex(chosen, UTC_ZONE, "").cast(pa.timestamp("us"))
    except pa.ArrowInvalid:  # a day or an hour that does not exist
        return seconds
    local = to_floats(moments.cast(pa.int64())) / 1e6
    seconds[plain] = np.where(in_utc, local, to_utc(local, zone))
    return seconds


def _read_pattern(texts: pa.Array, form: TimeFormat) -> Doubles:
    """Unix seconds [n] of the texts that Arrow reads and writes back alike; NaN for others.

    The way back tells texts such as 31.02.2025, which Arrow takes for a day in March.
    """
    pattern = str(form.pattern)
    try:
        moments = pc.strptime(texts, format=pattern, unit="s", error_is_null=True)
        written = pc.strftime(moments, format=pattern)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):  # a directive that Arrow does not know, such as %f
        return np.full(len(texts), np.nan)
    same = np.asarray(pc.fill_null(pc.equal(written, texts), False), dtype=bool)
    if "%z" in pattern or "%Z" in pattern:
        same[:] = False
    return to_utc(np.where(same, to_floats(moments.cast(pa.int64())), np.nan), form.zone)


def _read_singly(texts: Sequence[str], form: TimeFormat) -> list[float]:
    """Unix seconds of each text; NaN for a text that is no moment."""
    zone = ZoneInfo(form.zone)
    known = {text: _read_text(text.strip(), form.pattern, zone) for text in set(texts)}
    return [known[text] for text in texts]


def _read_text(text: str, pattern: str | None, zone: ZoneInfo) -> float:
    try:
        moment = datetime.fromisoformat(text) if pattern is None else datetime.strptime(text, pattern)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        return float("nan")
