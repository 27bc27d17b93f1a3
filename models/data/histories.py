"""Read the earlier events of users, which have an order and no times, and place them before the log."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from models.contract.arrays import Mask
from models.contract.events import Action
from models.contract.unix_time import NO_TIME
from models.data.cleaning import Cleaned, assign_findings, join_rows, reject_rows
from models.data.interaction_checks import KEPT
from models.data.losses import TableLosses, check_loss, find_losses
from models.data.readers.column_plan import ColumnPlan
from models.data.readers.parsing import TextCodes, code_texts, format_texts, parse_id_lists
from models.data.readers.sources import read_table
from models.data.readers.table import Reject, Table
from models.data.validation import LOSSES, Fault, Finding, find_job_errors
from models.job.histories_section import HistoriesSection

LOST = (*LOSSES, Fault.DUPLICATE)
"""The faults by which events are lost. The log keeps a row in a duplicate's place; here its list is dropped."""
LIST_IN_TEXT = r"^\s*\[.*\]\s*$"
"""A text that a program wrote for a list, such as [12, 7]: split at the separator, it would give wrong ids."""


@dataclass(frozen=True, slots=True)
class Histories:
    """n earlier events in the order of the table, each user's together, oldest first."""

    users: TextCodes  # [n]
    items: TextCodes  # [n]
    rows: int  # of the table, of which there is one a user
    rejected_rows: int
    rejects: tuple[Iterable[Reject], ...]
    losses: TableLosses
    errors: tuple[str, ...]  # one for each key of the job that does not fit the rows


def plan_histories(section: HistoriesSection) -> ColumnPlan:
    """The columns of the histories by their keys in the job."""
    return ColumnPlan(
        {"histories.user": section.user, "histories.items": section.items},
        coded=frozenset({section.user}),
        ids=frozenset({section.user, section.items}),
        id_lists=frozenset({section.items}),
    )


def read_histories(section: HistoriesSection) -> Histories:
    """The earlier events of each user's first row, without empty ids. Raises JobError for an unreadable table."""
    table = read_table(section.path, plan_histories(section), section.options)
    users = code_texts(table.columns[section.user])
    lists = parse_id_lists(table.columns[section.items], section.separator)
    has_empty = np.zeros(len(table), dtype=bool)
    has_empty[lists.rows[lists.ids.codes < 0]] = True
    faults = list(_check_rows(table, section, users))
    reason = f"an empty id in {section.items}{KEPT}"
    findings = [*faults, _find(Fault.MISSING, reason, has_empty, section.items, "items", "lists of ids")]
    first = assign_findings(findings, len(table))
    rows = len(table) + len(table.rejected)
    losses = find_losses(table, findings, first, LOST)
    is_kept = (first < 0) | (first == len(faults))
    errors = [*find_job_errors(table, findings)]
    errors += [] if errors else check_loss(losses, rows, section.max_loss, "histories")
    errors += (
        [] if errors or is_kept.any() else [f"histories: expected a usable row, given none among {rows}"]
    )
    kept = is_kept[lists.rows] & (lists.ids.codes >= 0)
    return Histories(
        users=users.take(lists.rows[kept]),
        items=lists.ids.take(kept),
        rows=rows,
        rejected_rows=int((~is_kept).sum()) + len(table.rejected),
        rejects=(table.rejected, reject_rows(table, findings, first)),
        losses=TableLosses("histories", rows, losses),
        errors=tuple(errors),
    )


def place_before(cleaned: Cleaned, histories: Histories) -> Cleaned:
    """The interactions with the earlier events before them, which have no time, value and context.

    Where the log has actions, the earlier events are views.
    """
    count = len(histories.users.codes)
    views = TextCodes(pa.array([Action.VIEW.value]), np.zeros(count, dtype=np.int32))
    unknown = TextCodes(pa.array([], pa.string()), np.full(count, -1, dtype=np.int32))
    earlier = replace(
        cleaned,
        users=histories.users,
        items=histories.items,
        times=np.full(count, NO_TIME),
        orders=None if cleaned.orders is None else np.zeros(count),
        values=np.full(count, np.nan, dtype=np.float32),
        actions=None if cleaned.actions is None else views,
        contexts=dict.fromkeys(cleaned.contexts, unknown),
        labels={name: np.full(count, np.nan) for name in cleaned.labels},
        texts=None if cleaned.texts is None else unknown,
    )
    report = replace(
        cleaned.report,
        history_rows=histories.rows,
        history_rows_rejected=histories.rejected_rows,
        earlier_events=count,
    )
    return replace(join_rows(earlier, cleaned), report=report)


def _check_rows(table: Table, section: HistoriesSection, users: TextCodes) -> Iterator[Finding]:
    """Yield the findings about rows that cannot be used."""
    is_empty = users.codes < 0
    yield _find(Fault.MISSING, f"{section.user} is empty", is_empty, section.user, "user", "one user a row")
    is_list = _mark_lists_in_texts(table.columns[section.items])
    reason = f"{section.items} is a list written as a text"
    expected = f"ids parted by {section.separator!r} (histories.separator), or lists"
    yield _find(Fault.UNPARSABLE, reason, is_list, section.items, "items", expected)
    is_first = np.zeros(len(table), dtype=bool)
    is_first[np.unique(users.codes, return_index=True)[1]] = True
    reason = f"same {section.user} as an earlier row"
    yield _find(Fault.DUPLICATE, reason, ~is_first & ~is_empty, section.user, "user", "each user once")


def _mark_lists_in_texts(column: pa.Array) -> Mask:
    """[n] True for texts that stand for a list."""
    if pa.types.is_list(column.type):
        return np.zeros(len(column), dtype=bool)
    found = pc.match_substring_regex(format_texts(column), LIST_IN_TEXT)
    return np.asarray(pc.fill_null(found, False), dtype=bool)


def _find(fault: Fault, reason: str, rows: Mask, column: str, key: str, expected: str) -> Finding:
    return Finding(fault, reason, rows, column, f"histories.{key}", expected)
