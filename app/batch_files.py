"""`chorus batch-score`: the pairs of a file, of any size, scored into another."""

import csv
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from app.config import read_settings
from app.golden import open_and_check
from app.loaded import LoadedBundle
from app.pipeline.recommend import score_pairs
from app.runtime import limit_threads
from app.schemas.scalars import LATEST, seconds
from models.contract.catalogue import UserState

CHUNK = 20_000
"""Rows held at once; a user's rows within a chunk are scored together."""
USER, ITEM, TIME = "user_id", "item_id", "timestamp"
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
SUFFIXES = (".parquet", ".csv", ".jsonl", ".ndjson")

Row = dict[str, Any]


class BatchFileError(Exception):
    """A file that cannot be read as pairs, or not be written."""


def score_file(source: Path, target: Path, bundle_folder: Path) -> dict[str, int]:
    """Score every row of `source` (user_id, item_id, optional timestamp and context columns) into `target`.

    A timestamp is in Unix seconds or RFC 3339, or a Parquet timestamp, which counts as UTC where it has no zone.
    Each row comes out once, in order, with status ok, unknown_item or error, its score and every head's value.
    Users are known by the bundle's training histories. Written under a temporary name, then renamed. Returns
    counts by status. Raises BatchFileError, BundleError, OSError.
    """
    for path in (source, target):
        if path.suffix not in SUFFIXES:
            raise BatchFileError(f"expected a file that ends in {', '.join(SUFFIXES)}, given {path.name}")
    limit_threads(1)
    bundle = open_and_check(bundle_folder, read_settings().candidates)
    counts = {"ok": 0, "unknown_item": 0, "error": 0}
    temporary = target.with_name(f".{target.name}.writing")
    rows = read_rows(source)
    try:
        with _Writer(temporary, target.suffix, bundle.heads) as writer:
            while chunk := list(islice(rows, CHUNK)):
                scored = score_rows(bundle, chunk, time.time())
                for row in scored:
                    counts[row["status"]] += 1
                writer.write(scored)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def score_rows(bundle: LoadedBundle, rows: list[Row], now: float) -> list[Row]:
    """The rows with their scores, in order."""
    groups: dict[tuple[str, float, tuple[tuple[str, str], ...]], list[int]] = {}
    found: list[Row] = []
    for number, row in enumerate(rows):
        found.append(_blank(bundle, row))
        key = _moment(bundle, row, now)
        if key is None:
            found[number] |= {
                "status": "error",
                "message": f"expected {USER}, {ITEM} and a {TIME}, if any, in Unix seconds or RFC 3339",
            }
        else:
            groups.setdefault(key, []).append(number)
    for (user_id, moment, context), numbers in groups.items():
        known = [number for number in numbers if rows[number][ITEM] in bundle.catalogue]
        if not known:
            continue
        items = tuple(rows[number][ITEM] for number in known)
        scored = score_pairs(bundle, _known_by(bundle, user_id, moment), items, dict(context), moment)
        for place, number in enumerate(known):
            values = {name: float(value[place]) for name, value in scored.values.items()}
            found[number] |= {"status": "ok", "score": float(scored.score[place]), **values}
    return found


def _known_by(bundle: LoadedBundle, user_id: str, moment: float) -> UserState:
    """What the bundle knows of a user at a moment: a past one does not see what came after it."""
    state = bundle.visitors.state(user_id)
    if not bundle.spec.timed:  # an order cannot be held against a moment
        return state
    return replace(state, events=tuple(event for event in state.events if event.timestamp < moment))


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, ids as strings; raises BatchFileError where a needed column is missing."""
    rows = {".parquet": _parquet_rows, ".csv": _csv_rows}.get(path.suffix, _json_rows)(path)
    try:
        for number, row in enumerate(rows):
            if number == 0 and not {USER, ITEM} <= set(row):
                raise BatchFileError(
                    f"expected the columns {USER} and {ITEM} in {path}, given {', '.join(row)}"
                )
            yield {name: _plain(value) for name, value in row.items()}
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
        raise BatchFileError(f"expected {path.suffix[1:]} in UTF-8 in {path}, given {error}") from error


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid as error:
        raise BatchFileError(f"expected Parquet in {path}, given {error}") from error
    for batch in file.iter_batches(batch_size=CHUNK):
        yield from _in_seconds(batch).to_pylist()


def _in_seconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows with a timestamp column's moments as Unix seconds."""
    place = batch.schema.get_field_index(TIME)
    if place < 0 or not pa.types.is_timestamp(batch.schema.field(place).type):
        return batch
    ticks = batch.column(place).cast(pa.int64()).cast(pa.float64(), safe=False)
    moments = pc.divide(ticks, PER_SECOND[batch.schema.field(place).type.unit])
    return batch.set_column(place, TIME, moments)


def _csv_rows(path: Path) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        reader = csv.DictReader(stream)
        yield from ({name: value for name, value in row.items() if name is not None} for row in reader)


def _json_rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise BatchFileError(f"expected JSON in line {number} of {path}, given {error}") from error
            if not isinstance(row, dict):
                raise BatchFileError(f"expected an object in line {number} of {path}, given {line[:40]!r}")
            yield row


def _plain(value: object) -> str | None:
    """A cell as text; None where there is nothing. A whole float is an id that a table has widened."""
    if value is None or value == "" or value != value:  # noqa: PLR0124 - NaN
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _moment(
    bundle: LoadedBundle, row: Mapping[str, str | None], now: float
) -> tuple[str, float, tuple[tuple[str, str], ...]] | None:
    """Whom and when a row asks about; None where it does not say."""
    user_id, item_id, moment = row.get(USER), row.get(ITEM), row.get(TIME)
    try:
        at = now if moment is None else _unix_seconds(moment)
    except ValueError:
        return None
    if user_id is None or item_id is None or not 0 <= at <= LATEST:
        return None
    context = tuple(
        (name, value) for name in bundle.spec.context_fields if (value := row.get(name)) is not None
    )
    return user_id, at, context


def _unix_seconds(moment: str) -> float:
    """The moment of a number or an RFC 3339 time; raises ValueError for any other text."""
    try:
        return float(moment)
    except ValueError:
        return float(seconds(moment))


def _blank(bundle: LoadedBundle, row: Mapping[str, str | None]) -> Row:
    empty: Row = {
        USER: row.get(USER),
        ITEM: row.get(ITEM),
        "status": "unknown_item",
        "message": None,
        "score": None,
    }
    return empty | dict.fromkeys(bundle.heads)


class _Writer:
    """Rows into a Parquet, CSV or JSON Lines file."""

    def __init__(self, path: Path, suffix: str, heads: tuple[str, ...]) -> None:
        self._names = [USER, ITEM, "status", "message", "score", *heads]
        text, number = pa.string(), pa.float64()
        kinds = [text, text, text, text, number, *([number] * len(heads))]
        self._schema = pa.schema(list(zip(self._names, kinds, strict=True)))
        self._path, self._suffix = path, suffix

    def __enter__(self) -> "_Writer":
        if self._suffix == ".parquet":
            self._parquet = pq.ParquetWriter(self._path, self._schema)
            return self
        self._stream = self._path.open("w", newline="", encoding="utf-8")
        if self._suffix == ".csv":
            self._csv = csv.DictWriter(self._stream, self._names)
            self._csv.writeheader()
        return self

    def write(self, rows: list[Row]) -> None:
        """Append rows."""
        if self._suffix == ".parquet":
            self._parquet.write_table(pa.Table.from_pylist(rows, schema=self._schema))
        elif self._suffix == ".csv":
            self._csv.writerows(rows)
        else:
            self._stream.writelines(json.dumps(row) + "\n" for row in rows)

    def __exit__(self, *_: object) -> None:
        (self._parquet if self._suffix == ".parquet" else self._stream).close()
