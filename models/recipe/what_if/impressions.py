"""Read logged impressions, a row for each item shown, as the lists of answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.contract.arrays import Doubles, Indices

FOLDER = "impressions"
"""The folder of impressions in an exported log."""
HEAD = "head."
REWARDS = ("taken", "value")
REQUIRED = ("recommendation_id", "user_id", "rank", "item_id", "propensity", "scene", *REWARDS)
NO_PROPENSITY, NO_HEADS = "unknown_propensity", "unknown_heads"


@dataclass(frozen=True, slots=True, eq=False)
class LoggedAnswers:
    """n answers with N items in all, each answer's items by rank."""

    offsets: Indices  # [n + 1]
    users: Indices  # [n] from 0; each answer without a user is one of its own
    item_ids: Sequence[str]  # N
    propensity: Doubles  # [N] in (0, 1]
    reward: Doubles  # [N]
    heads: Mapping[str, Doubles]  # head -> [N]
    left_out: Mapping[str, int]  # reason -> answers


def read_impressions(log: Path, reward: str, heads: Sequence[str], scene: str | None) -> LoggedAnswers:
    """The answers of a log, or of the folder of its impressions, of one scene or of all.

    Answers without a propensity of each place, or without a value of one of the heads, are left out and counted.
    Raises ValueError for files of another kind, and for a log without answers.
    """
    table = _read_table(log, [*REQUIRED, *(f"{HEAD}{name}" for name in heads)])
    if scene is not None:
        table = table.filter(pa.compute.equal(table.column("scene"), scene))
    if not len(table):
        raise ValueError(
            f"expected impressions in {log}{'' if scene is None else f' of {scene}'}, given none"
        )
    answers = table.column("recommendation_id").combine_chunks().dictionary_encode()
    codes = answers.indices.to_numpy().astype(np.int64)
    order = np.lexsort([table.column("rank").to_numpy(), codes])
    table, codes = table.take(pa.array(order)), codes[order]
    propensity = _read_numbers(table, "propensity")
    values = {name: _read_numbers(table, f"{HEAD}{name}") for name in heads}
    lacks_heads = np.any([~np.isfinite(each) for each in values.values()], axis=0)
    bad_heads = np.unique(codes[lacks_heads])
    bad_propensity = np.setdiff1d(np.unique(codes[~np.isfinite(propensity)]), bad_heads)
    kept = ~np.isin(codes, np.concatenate([bad_heads, bad_propensity]))
    if not kept.any():
        raise ValueError(f"expected answers with propensities and the heads {', '.join(heads)}, given none")
    if not ((propensity[kept] > 0) & (propensity[kept] <= 1 + 1e-6)).all():
        raise ValueError(f"expected propensities above 0 up to 1 in {log}, given others")
    starts = np.flatnonzero(np.diff(codes[kept], prepend=-1))
    return LoggedAnswers(
        offsets=np.append(starts, np.count_nonzero(kept)),
        users=_number_users(table.filter(pa.array(kept)).column("user_id").take(pa.array(starts))),
        item_ids=table.column("item_id").filter(pa.array(kept)).to_pylist(),
        propensity=np.minimum(propensity[kept], 1.0),
        reward=np.nan_to_num(_read_numbers(table, reward)[kept]),
        heads={name: each[kept] for name, each in values.items()},
        left_out={NO_PROPENSITY: len(bad_propensity), NO_HEADS: len(bad_heads)},
    )


def _read_table(log: Path, columns: Sequence[str]) -> pa.Table:
    """These columns of all files of a folder. Raises ValueError."""
    folder = log / FOLDER if (log / FOLDER).is_dir() else log
    paths = sorted(folder.glob("*.parquet"))
    if not paths:
        raise ValueError(f"expected a folder with Parquet files of impressions, given {log}")
    tables = []
    for path in paths:
        try:
            names = pq.read_schema(path).names
            for name in columns:
                if name not in names:
                    known = ", ".join(each.removeprefix(HEAD) for each in names if each.startswith(HEAD))
                    expected = (
                        f"a head of {known or 'none'}" if name.startswith(HEAD) else f"the column {name}"
                    )
                    raise ValueError(f"expected {expected} in {path}, given {name.removeprefix(HEAD)!r}")
            tables.append(pq.read_table(path, columns=list(columns)))
        except (OSError, pa.ArrowException) as error:
            raise ValueError(f"expected a Parquet file of impressions in {path}, given {error}") from error
    return pa.concat_tables(tables, promote_options="permissive")


def _read_numbers(table: pa.Table, name: str) -> Doubles:
    """A column as numbers, NaN where it is empty."""
    return np.asarray(table.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)


def _number_users(names: pa.ChunkedArray) -> Indices:
    """The number of each answer's user; an answer without a user has a number of its own."""
    codes = names.combine_chunks().dictionary_encode()
    numbers = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    unnamed = np.flatnonzero(numbers < 0)
    numbers[unnamed] = len(codes.dictionary) + np.arange(len(unnamed))
    return np.asarray(np.unique(numbers, return_inverse=True)[1].reshape(-1), dtype=np.int64)
