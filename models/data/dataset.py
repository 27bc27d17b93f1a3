"""The whole of a job's data, cleaned, sorted and numbered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.contract.arrays import Indices
from models.contract.catalogue import Item, User
from models.contract.events import NO_CONTEXT, Action, Event
from models.data.cleaning import Cleaned, CleaningReport, clean
from models.data.entities import ItemTable, UserTable, read_items, read_users
from models.data.interactions import Codes, Interactions, number, take
from models.data.readers.sources import read_table
from models.data.readers.table import Table, write_quarantine
from models.job.errors import JobError, shown
from models.job.sections import InteractionsSection
from models.job.spec import JobSpec

ENOUGH = 10
"""IDs of a table, and of the log, that would share one if both spoke of the same; fewer may be newcomers."""

__all__ = ["Codes", "Dataset", "Interactions", "events_of", "load_dataset", "take"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """The log with everything it speaks of."""

    interactions: Interactions
    user_ids: tuple[str, ...]  # by first interaction, then those who only have a profile
    items: tuple[Item, ...]  # the item table, then items met only in the log, by first interaction
    users: tuple[User, ...]  # aligned with user_ids
    timed: bool
    cleaning: CleaningReport


def load_dataset(job: JobSpec, quarantine: Path) -> Dataset:
    """Read, clean and number a job's data; every row that was not taken is in the quarantine file, with why.

    Raises JobError where a file or a column is not as the job says, or no interaction is left.
    """
    table = _read_interactions(job.interactions)
    cleaned = clean(table, job.interactions, reference=1 - job.split.valid - job.split.test)
    catalogue = read_items(job.items) if job.items else ItemTable()
    profiles = read_users(job.users) if job.users else UserTable()
    write_quarantine(quarantine, (*cleaned.rejects, *catalogue.rejects, *profiles.rejects))
    if cleaned.blamed:
        raise JobError(*cleaned.blamed)
    if not cleaned.report.kept:
        rows = cleaned.report.rows
        raise JobError(f"interactions: expected a usable row, given none among {rows} (see {quarantine})")
    _check_shared_ids(cleaned, catalogue, profiles)
    return _whole(job.interactions, cleaned, catalogue, profiles)


def events_of(log: Interactions, dataset: Dataset) -> list[tuple[Event, ...]]:
    """Each user's events, oldest first, aligned with user_ids. `log` is the dataset's, or a part of it."""
    order = np.argsort(log.users, kind="stable")
    ids = [item.item_id for item in dataset.items]
    columns = zip(
        log.items[order].tolist(),
        log.actions[order].tolist(),
        log.times[order].tolist(),
        log.values[order].astype(np.float64).tolist(),
        _event_contexts(log, order),
        strict=True,
    )
    events = [
        Event(ids[item], log.action_names[action], time, None if value != value else value, context)  # noqa: PLR0124
        for item, action, time, value, context in columns
    ]
    bounds = np.searchsorted(log.users[order], np.arange(len(dataset.user_ids) + 1)).tolist()
    return [tuple(events[start:stop]) for start, stop in pairwise(bounds)]


def _event_contexts(log: Interactions, order: Indices) -> list[Mapping[str, str]]:
    if not log.contexts:
        return [NO_CONTEXT] * len(order)
    codes = np.stack([column.codes[order] for column in log.contexts.values()], axis=1)
    distinct, back = np.unique(codes, axis=0, return_inverse=True)
    named = [
        {
            name: column.names[code]
            for (name, column), code in zip(log.contexts.items(), row, strict=True)
            if code >= 0
        }
        for row in distinct
    ]
    return [named[place] for place in back.ravel()]


def _read_interactions(section: InteractionsSection) -> Table:
    named = {
        "user": section.user,
        "item": section.item,
        "time": section.time,
        "order": section.order,
        "action": section.action,
        "value": section.value,
        **{f"context.{column}": column for column in section.context},
    }
    return read_table(
        section.path, {f"interactions.{key}": column for key, column in named.items() if column is not None}
    )


def _check_shared_ids(cleaned: Cleaned, catalogue: ItemTable, profiles: UserTable) -> None:
    """A table that describes nobody and nothing of the log is another log's, or writes its IDs in another way.

    Unless one of them is small.
    """
    described = [item.item_id for item in catalogue.items], [user.user_id for user in profiles.users]
    errors = [
        f"{key}: expected IDs that {column} has too, such as {shown(met[0].as_py())}, "
        f"given none of them, but such as {shown(ids[0])}"
        for key, column, ids, met in (
            ("items.id", "interactions.item", described[0], cleaned.items),
            ("users.id", "interactions.user", described[1], cleaned.users),
        )
        if len(ids) >= ENOUGH and _are_foreign(met, ids)
    ]
    if errors:
        raise JobError(*errors)


def _are_foreign(met: pa.Array, ids: Sequence[str]) -> bool:
    """Whether the log has ENOUGH IDs, and none of these."""
    distinct = met.unique()
    shared = pc.any(pc.is_in(distinct, value_set=pa.array(ids, pa.string()))).as_py()
    return len(distinct) >= ENOUGH and not shared


def _whole(
    section: InteractionsSection, cleaned: Cleaned, catalogue: ItemTable, profiles: UserTable
) -> Dataset:
    timed = section.time is not None
    default_action = Action.VIEW if section.value is None else Action.RATE
    described = [item.item_id for item in catalogue.items]
    log, item_ids, interacting = number(cleaned, timed, described, default_action.value)
    profile = {user.user_id: user for user in profiles.users}
    met = set(interacting)
    user_ids = (*interacting, *(user_id for user_id in profile if user_id not in met))
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
        users_without_profile=len(met - profile.keys()),
    )
    return Dataset(
        interactions=log,
        user_ids=user_ids,
        items=(*catalogue.items, *(Item(item_id) for item_id in item_ids[len(described) :])),
        users=tuple(profile.get(user_id) or User(user_id) for user_id in user_ids),
        timed=timed,
        cleaning=report,
    )
