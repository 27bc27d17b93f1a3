"""Load a job's data: cleaned interactions, sorted and numbered, with items and users."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from models.contract.catalogue import Item, User
from models.contract.events import Action, Codes
from models.data.cleaning import Cleaned, CleaningReport, clean
from models.data.entities import ItemTable, UserTable, read_items, read_users
from models.data.erased_users import list_erasures, read_erased_users
from models.data.exported_log import list_new_files, place_after, read_exported
from models.data.histories import place_before, read_histories
from models.data.interactions import Interactions, number, take
from models.data.losses import TableLosses, count_rejects
from models.data.readers.column_plan import ColumnPlan
from models.data.readers.sources import read_table
from models.data.readers.table import Table, write_quarantine
from models.data.shared_ids import check_history_ids, check_table_ids
from models.job.errors import JobError
from models.job.interactions_section import InteractionsSection
from models.job.spec import JobSpec

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
    losses: tuple[TableLosses, ...] = ()  # of the log, the items, the users and the histories
    warnings: tuple[str, ...] = ()


def load_dataset(job: JobSpec, quarantine: Path, exported: Path | None = None) -> Dataset:
    """Read, clean and number a job's data; write every rejected row to the quarantine file, with the reason.

    `exported`: the folder of a log that the service exported, whose events come after those of the job's files. Raises
    JobError if a file or a column does not fit the job, or if no interaction is left.
    """
    folders = [path.parent for path in job.interactions.path]
    lists = list_erasures([*folders, *([] if exported is None else [exported])])
    erased = read_erased_users([*job.erasures, *lists])
    cleaned = _clean_interactions(job)
    if exported is not None and (files := list_new_files(exported, job.interactions)):
        cleaned = place_after(cleaned, read_exported(files, job.interactions), job.interactions)
    histories = None if job.histories is None else read_histories(job.histories)
    catalogue = read_items(job.items) if job.items else ItemTable()
    profiles = read_users(job.users) if job.users else UserTable()
    rejects = () if histories is None else histories.rejects
    write_quarantine(quarantine, chain(*cleaned.rejects, catalogue.rejects, profiles.rejects, *rejects))
    if errors := (*cleaned.errors, *(() if histories is None else histories.errors)):
        raise JobError(*errors)
    cleaned = erased.drop_events(cleaned, timed=job.interactions.time is not None)
    profiles = erased.drop_profiles(profiles)
    if not cleaned.report.kept:
        rows = cleaned.report.rows
        raise JobError(f"interactions: expected a usable row, given none among {rows} (see {quarantine})")
    if histories is not None:
        check_history_ids(cleaned, histories)
        cleaned = place_before(cleaned, erased.drop_histories(histories))
    check_table_ids(cleaned, catalogue, profiles)
    dataset = _assemble(job.interactions, cleaned, catalogue, profiles)
    return dataset if histories is None else replace(dataset, losses=(*dataset.losses, histories.losses))


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
        "text": section.text,
        **{f"context.{column}": column for column in section.context},
        **{f"labels.{column}": column for column in section.labels},
    }
    by_key = {f"interactions.{key}": column for key, column in columns.items() if column is not None}
    coded = set(by_key.values()) & {
        section.user,
        section.item,
        section.action,
        section.text,
        *section.context,
    }
    return ColumnPlan(by_key, coded=frozenset(coded), ids=frozenset({section.user, section.item}))


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
        warnings=tuple(_find_strangers(catalogue)),
    )


def _find_strangers(catalogue: ItemTable) -> Iterator[str]:
    """Yield a warning about written descriptions of no item of the table."""
    if count := catalogue.strange_descriptions:
        rows = "1 row is of an item that is" if count == 1 else f"{count:,} rows are of items that are"
        yield f"items.descriptions: {rows} not in the item table, and without effect"
