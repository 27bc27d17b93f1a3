"""Check that the tables of a job share ids with its log: else they are of another log, or written differently."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.data.cleaning import Cleaned
from models.data.entities import ItemTable, UserTable
from models.data.histories import Histories
from models.data.readers.parsing import TextCodes
from models.job.errors import JobError, format_value

MIN_IDS = 10
"""A table and a log with at least this many IDs each must share one; with fewer, all may be new."""


def check_table_ids(cleaned: Cleaned, catalogue: ItemTable, profiles: UserTable) -> None:
    """Raises JobError for an item or user table without an id of the log, earlier events included."""
    item_ids = pa.array([item.item_id for item in catalogue.items], pa.string())
    user_ids = pa.array([user.user_id for user in profiles.users], pa.string())
    _refuse(
        *_check("items.id", "interactions.item", item_ids, cleaned.items),
        *_check("users.id", "interactions.user", user_ids, cleaned.users),
    )


def check_history_ids(cleaned: Cleaned, histories: Histories) -> None:
    """Raises JobError for histories without a user, or without an item, of the log; `cleaned` is the log alone."""
    _refuse(
        *_check("histories.user", "interactions.user", _occurring(histories.users), cleaned.users),
        *_check("histories.items", "interactions.item", _occurring(histories.items), cleaned.items),
    )


def _check(key: str, column: str, ids: pa.Array, logged: TextCodes) -> Iterator[str]:
    """Yield an error if the log and the table have at least MIN_IDS ids each, and share none."""
    names = _occurring(logged)
    if min(len(ids), len(names)) < MIN_IDS or pc.any(pc.is_in(names, value_set=ids)).as_py():
        return
    first = logged.names[int(logged.codes[0])].as_py()
    yield (
        f"{key}: expected IDs that {column} has too, such as {format_value(first)}, "
        f"given none of them, but such as {format_value(ids[0].as_py())}"
    )


def _occurring(column: TextCodes) -> pa.Array:
    """The names that occur."""
    return column.names.filter(pa.array(np.bincount(column.codes, minlength=len(column.names)) > 0))


def _refuse(*errors: str) -> None:
    if errors:
        raise JobError(*errors)
