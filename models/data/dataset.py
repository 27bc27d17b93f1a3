"""Load a job's data: cleaned interactions, sorted and numbered, with items and users."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.contract.catalogue import Item, User
from models.contract.events import Action, Codes
from models.data.cleaning import Cleaned, CleaningReport, clean
from models.data.entities import ItemTable, UserTable, read_items, read_users
from models.data.interactions import Interactions, number, take
from models.data.losses import TableLosses, count_rejects
from models.data.readers.column_plan import ColumnPlan
from models.data.readers.parsing import TextCodes
from models.data.readers.sources import read_table
from models.data.readers.table import Table, write_quarantine
from models.job.errors import JobError, format_value
from models.job.interactions_section import InteractionsSection
from models.job.spec import JobSpec

MIN_IDS = 10
"""A table and a log with at least this many IDs each must share one; with fewer, all may be new."""

__all__ = ["Codes", "Dataset", "Interactions", "load_dataset", "take"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """The log with its items and users."""

    interactions: Interactions
    user_ids: tuple[str, ...]  # by first interaction, then users who only have a profile
    items: tuple[Item, ...]  # the item table, then items that only the log has, by first interaction
    users: tuple[User, ...]  # aligned with user_ids
    timed: bool
    cleaning: CleaningReport
    losses: tuple[TableLosses, ...] = ()  # of the log, the items and the users


def load_dataset(job: JobSpec, quarantine: Path) -> Dataset:
    """Read, clean and number a job's data; write every rejected row to the quarantine file, with the reason.

    Raises JobError if a file or a column does not fit the job, or if no interaction is left.
    """
    cleaned = _clean_interactions(job)
    catalogue = read_items(job.items) if job.items else ItemTable()
    profiles = read_users(job.users) if job.users else UserTable()
    write_quarantine(quarantine, chain(*cleaned.rejects, catalogue.rejects, profiles.rejects))
    if cleaned.errors:
        raise JobError(*cleaned.errors)
    if not cleaned.report.kept:
        rows = cleaned.report.rows
        raise JobError(f"interactions: expected a usable row, given none among {rows} (see {quarantine})")
    _check_shared_ids(cleaned, catalogue, profiles)
    return _assemble(job.interactions, cleaned, catalogue, profiles)


def _clean_interactions(job: JobSpec) -> Cleaned:
    """Read and clean the interactions; the raw table, which is large, is freed at the end of this call."""
    return clean(
        _read_interactions(job.interactions), job.interactions, reference=1 - job.split.valid - job.split.test
    )


def _read_interactions(section: InteractionsSection) -> Table:
    return read_table(section.path, plan_interactions(section), section.options)


def plan_interactions(section: InteractionsSection) -> ColumnPlan:
    """The columns of the log by their keys in the job."""
    columns = {
        "user": section.user,
        "item": section.item,
        "time": section.time,
        "order": section.order,
        "action": section.action,
        "value": section.value,
        **{f"context.{column}": column for column in section.context},
    }
    by_key = {f"interactions.{key}": column for key, column in columns.items() if column is not None}
    coded = set(by_key.values()) & {section.user, section.item, section.action, *section.context}
    return ColumnPlan(by_key, coded=frozenset(coded), ids=frozenset({section.user, section.item}))


def _check_shared_ids(cleaned: Cleaned, catalogue: ItemTable, profiles: UserTable) -> None:
    """Reject a table whose ids do not occur in the log: it belongs to another log, or its ids are written differently.

    In a small table or log all ids may be new.
    """
    item_ids = [item.item_id for item in catalogue.items]
    user_ids = [user.user_id for user in profiles.users]
    errors = [
        f"{key}: expected IDs that {column} has too, such as {format_value(_first_id(logged))}, "
        f"given none of them, but such as {format_value(ids[0])}"
        for key, column, ids, logged in (
            ("items.id", "interactions.item", item_ids, cleaned.items),
            ("users.id", "interactions.user", user_ids, cleaned.users),
        )
        if len(ids) >= MIN_IDS and _are_foreign(logged, ids)
    ]
    if errors:
        raise JobError(*errors)


def _first_id(column: TextCodes) -> object:
    return column.names[int(column.codes[0])].as_py()


def _are_foreign(column: TextCodes, ids: Sequence[str]) -> bool:
    """True if the log has at least MIN_IDS IDs, and none of `ids`."""
    occurs = np.bincount(column.codes, minlength=len(column.names)) > 0
    is_listed = np.asarray(pc.is_in(column.names, value_set=pa.array(ids, pa.string())), dtype=bool)
    return int(occurs.sum()) >= MIN_IDS and not (occurs & is_listed).any()


def _assemble(
    section: InteractionsSection, cleaned: Cleaned, catalogue: ItemTable, profiles: UserTable
) -> Dataset:
    timed = section.time is not None
    default_action = Action.VIEW if section.value is None else Action.RATE
    described = [item.item_id for item in catalogue.items]
    log, item_ids, interacting = number(cleaned, timed, described, default_action.value)
    profile = {user.user_id: user for user in profiles.users}
    active = set(interacting)
    user_ids = (*interacting, *(user_id for user_id in profile if user_id not in active))
    report = replace(
        cleaned.report,
        item_rows=catalogue.rows,
        item_rows_rejected=catalogue.rejected_rows,
        user_rows=profiles.rows,
        user_rows_rejected=profiles.rejected_rows,
        attributes_rejected=len(catalogue.rejects)
        + len(profiles.rejects)
        - catalogue.rejected_rows
        - profiles.rejected_rows,
        items_without_attributes=len(item_ids) - len(described),
        users_without_profile=len(active - profile.keys()),
    )
    return Dataset(
        interactions=log,
        user_ids=user_ids,
        items=(*catalogue.items, *(Item(item_id) for item_id in item_ids[len(described) :])),
        users=tuple(profile.get(user_id) or User(user_id) for user_id in user_ids),
        timed=timed,
        cleaning=report,
        losses=(
            TableLosses("log", report.rows, cleaned.losses),
            count_rejects("items", catalogue.rows, catalogue.rejects),
            count_rejects("users", profiles.rows, profiles.rejects),
        ),
    )
