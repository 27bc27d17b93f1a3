"""Generate an event log of any size, with its item table and job, for benchmarks.

The frequencies of users and items are skewed; events have values, actions and a context column. About one row in
a thousand is a duplicate, has no time or cannot be read.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pyarrow import csv

CHUNK = 1_000_000
"""Events generated at once."""
START = 1_600_000_000
PERIOD = 365 * 86_400
"""Seconds over which the events are spread."""
GENRES = 20
ACTIONS = ("view", "click", "rate", "purchase")
DEVICES = ("phone", "desk", "tv", None)
JOB = """\
name: generated
interactions:
  {{path: {events}, user: user_id, item: item_id, time: timestamp, value: rating, action: action, context: device}}
items: {{path: items.jsonl, id: id, categories: genres, numeric: price}}
tasks:
  - {{name: like, kind: binary, label: value >= 4}}
  - {{name: rating, kind: regression, label: value, range: [0.5, 5]}}
  - {{name: genre, kind: multilabel, label: item.genres}}
  - {{name: daypart, kind: context, label: time.daypart}}
text_encoder:
"""
SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("user_id", "item_id")]
    + [("timestamp", pa.int64()), ("rating", pa.float64())]
    + [(name, pa.string()) for name in ("action", "device")]
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options for the log's size and format."""
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--users", type=int, default=200_000)
    parser.add_argument("--items", type=int, default=50_000)
    parser.add_argument("--format", choices=["csv", "parquet"], default="csv")


def write_log(folder: Path, file_format: str, events: int, users: int, items: int) -> None:
    """Write events.<file_format>, items.jsonl and job.yaml."""
    random = np.random.default_rng(0)
    path = folder / f"events.{file_format}"
    sizes = [min(CHUNK, events - start) for start in range(0, events, CHUNK)]
    tables = (
        _generate_events(random, size, number / len(sizes), users, items) for number, size in enumerate(sizes)
    )
    if file_format == "parquet":
        with pq.ParquetWriter(path, SCHEMA) as writer:
            for table in tables:
                writer.write_table(table)
    else:
        with path.open("wb") as stream, csv.CSVWriter(stream, SCHEMA, write_options=_PLAIN) as writer:
            for table in tables:
                writer.write_table(table)
                stream.write(b"a,row,of,too,many,cells,for,the,header\nuser-1,item-1,soon,3,view,tv\n" * 300)
    with (folder / "items.jsonl").open("w", encoding="utf-8") as lines:
        for item in range(items):
            genres = [f"genre {number}" for number in random.integers(0, GENRES, 2)]
            lines.write(json.dumps({"id": f"item-{item}", "genres": genres, "price": item % 97}) + "\n")
    (folder / "job.yaml").write_text(JOB.format(events=path.name), encoding="utf-8")


_PLAIN = csv.WriteOptions(quoting_style="none")


def _generate_events(
    random: np.random.Generator, count: int, progress: float, users: int, items: int
) -> pa.Table:
    """`count` events in order of time, from the share `progress` of the period on."""
    user, item = _draw_skewed(random, users, count), _draw_skewed(random, items, count)
    time = START + (PERIOD * progress + np.sort(random.random(count)) * 3e6).astype(np.int64)
    repeats = np.flatnonzero(random.random(count - 1) < 0.001)
    action = random.choice(len(ACTIONS), count, p=[0.6, 0.2, 0.15, 0.05])
    for column in (user, item, time, action):
        column[repeats + 1] = column[repeats]
    ratings = random.integers(1, 11, count) / 2
    return pa.table(
        [
            _format_ids("user", user),
            _format_ids("item", item),
            pa.array(time, mask=random.random(count) < 0.001),
            pa.array(ratings, mask=random.random(count) < 0.3),
            pa.array(ACTIONS).take(pa.array(action)),
            pa.array(DEVICES).take(pa.array(random.choice(len(DEVICES), count, p=[0.6, 0.3, 0.05, 0.05]))),
        ],
        schema=SCHEMA,
    )


def _format_ids(prefix: str, numbers: NDArray[np.int64]) -> pa.Array:
    return pc.binary_join_element_wise(prefix, pc.cast(pa.array(numbers), pa.string()), "-")


def _draw_skewed(random: np.random.Generator, size: int, count: int) -> NDArray[np.int64]:
    """`count` integers in [0, size): half of the draws from a Zipf-like distribution, half uniform."""
    heavy = np.exp(random.random(count) * np.log(size)).astype(np.int64)
    return np.minimum(np.where(random.random(count) < 0.5, heavy, random.integers(0, size, count)), size - 1)


def main() -> None:
    """Write a log from the command line: FOLDER [--events N] [--users N] [--items N] [--format csv|parquet]."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    add_arguments(parser)
    options = parser.parse_args()
    write_log(options.folder, options.format, options.events, options.users, options.items)
