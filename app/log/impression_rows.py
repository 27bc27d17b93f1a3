"""The rows of exported impressions: one for each item that an answer showed, with what became of it."""

from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from app.log.day_file import keep_rows
from app.log.takes import Label
from app.state.protocol import Impression, ImpressionEntry

CONTEXT, HEAD = "context.", "head."
"""Before the name of a context key, and of a head."""
LISTS = (
    pa.field("recommendation_id", pa.string(), nullable=False),
    pa.field("user_id", pa.string()),
    pa.field("timestamp", pa.float64(), nullable=False),
    pa.field("scene", pa.string()),
    pa.field("model_version", pa.string(), nullable=False),
    pa.field("variant", pa.string()),
)
"""The columns of the answer; those of the context's keys follow."""
ITEMS = (
    pa.field("rank", pa.int64(), nullable=False),
    pa.field("item_id", pa.string(), nullable=False),
    pa.field("score", pa.float64(), nullable=False),
    pa.field("propensity", pa.float64()),
    pa.field("sources", pa.list_(pa.string()), nullable=False),
)
"""The columns of the item; those of the heads follow."""
LABELS = (
    pa.field("taken", pa.bool_(), nullable=False),
    pa.field("value", pa.float64()),
    pa.field("taken_after_s", pa.float64()),
)

FindLabel = Callable[[ImpressionEntry, str], Label]
"""(an impression, one of its items) -> what became of it."""


def make_schema(columns: Sequence[str]) -> pa.Schema:
    """The schema with these columns of context keys and heads."""
    contexts = [pa.field(name, pa.string()) for name in columns if name.startswith(CONTEXT)]
    heads = [pa.field(name, pa.float64()) for name in columns if name.startswith(HEAD)]
    return pa.schema([*LISTS, *contexts, *ITEMS, *heads, *LABELS])


def list_columns(schema: pa.Schema) -> list[str]:
    """The columns of context keys and heads, in their order."""
    return [name for name in schema.names if name.startswith((CONTEXT, HEAD))]


def name_columns(impressions: Sequence[Impression]) -> list[str]:
    """The columns that the context keys and heads of impressions need."""
    keys = {key for impression in impressions for key in impression.context}
    heads = {head for impression in impressions for head in impression.heads}
    return [*(f"{CONTEXT}{key}" for key in sorted(keys)), *(f"{HEAD}{head}" for head in sorted(heads))]


def tabulate_impressions(
    entries: Sequence[ImpressionEntry], columns: Sequence[str], find: FindLabel
) -> pa.Table:
    """The rows of impressions, with these columns of context keys and heads."""
    schema = make_schema(columns)
    values: dict[str, list[object]] = {name: [] for name in schema.names}
    for entry in entries:
        count = len(entry.impression.item_ids)
        for name, value in _read_list(entry.impression, columns).items():
            values[name] += [value] * count
        for name, of_items in _read_items(entry.impression, columns).items():
            values[name] += of_items
        labels = [find(entry, item_id) for item_id in entry.impression.item_ids]
        for name, of_labels in zip(Label._fields, zip(*labels, strict=True), strict=False):
            values[name] += of_labels
    return pa.Table.from_pydict(values, schema=schema)


def _read_list(shown: Impression, columns: Sequence[str]) -> dict[str, object]:
    """Column -> the value of an answer, which all its rows have."""
    return {
        "recommendation_id": shown.recommendation_id,
        "user_id": shown.user_id,
        "timestamp": shown.shown_at,
        "scene": shown.scene,
        "model_version": shown.model_version,
        "variant": shown.variant,
        **{
            name: shown.context.get(name.removeprefix(CONTEXT))
            for name in columns
            if name.startswith(CONTEXT)
        },
    }


def _read_items(shown: Impression, columns: Sequence[str]) -> dict[str, Sequence[object]]:
    """Column -> the values of an answer's items."""
    count = len(shown.item_ids)
    absent = (None,) * count
    return {
        "rank": range(shown.first_rank, shown.first_rank + count),
        "item_id": shown.item_ids,
        "score": shown.scores,
        "propensity": shown.propensity or (1.0,) * count,
        "sources": shown.sources,
        **{
            name: shown.heads.get(name.removeprefix(HEAD), absent)
            for name in columns
            if name.startswith(HEAD)
        },
    }


def drop_erased_rows(table: pa.Table, erased_at: Mapping[str, float]) -> pa.Table:
    """The table without what was shown before its user's erasure, in Unix seconds."""
    columns = (table.column(name).to_pylist() for name in ("user_id", "timestamp"))
    kept = [user not in erased_at or time >= erased_at[user] for user, time in zip(*columns, strict=True)]
    return keep_rows(table, kept)
