"""Read the item and user tables into items with attributes and users with profiles."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from models.contract.catalogue import Attribute, Item, User
from models.contract.feature_spec import FieldKind
from models.contract.hierarchy import expand_attributes, path_levels
from models.contract.title_field import DESCRIPTION
from models.data.descriptions import read_descriptions
from models.data.interaction_checks import KEPT
from models.data.readers.column_plan import ColumnPlan
from models.data.readers.parsing import format_texts, parse_labels, parse_numbers, parse_vectors
from models.data.readers.sources import read_table
from models.data.readers.table import Reject, Table
from models.data.validation import format_cell, is_nearly_all
from models.job.errors import JobError
from models.job.sections import ItemsSection, UsersSection

Values = Sequence[Attribute | None]
"""The value of each row; None for an empty or unreadable cell."""
Faults = dict[str, list[Reject]]
"""Column -> its unreadable cells."""
MIN_UNREADABLE = 10
"""The least number of unreadable cells that make a sparse column invalid; fewer may be typing errors."""
Vectors = Sequence[tuple[float, ...] | None]


@dataclass(frozen=True, slots=True)
class ItemTable:
    """The items of the table, in its order."""

    items: tuple[Item, ...] = ()
    rows: int = 0
    rejected_rows: int = 0
    rejects: tuple[Reject, ...] = ()  # of rows, then of cells whose rows were kept
    strange_descriptions: int = 0  # rows of written descriptions whose item is not in the table


@dataclass(frozen=True, slots=True)
class UserTable:
    """The users of the table, in its order."""

    users: tuple[User, ...] = ()
    rows: int = 0
    rejected_rows: int = 0
    rejects: tuple[Reject, ...] = ()  # of rows, then of cells whose rows were kept


def read_items(section: ItemsSection) -> ItemTable:
    """The items of a table, without unreadable cells; of rows with the same ID the first is kept.

    Raises JobError for an unreadable table or column.
    """
    table = _read_table(section, "items")
    ids, rows, rejected = _identify_rows(table, section.id, "items")
    faults: Faults = {name: [] for name in section.columns}
    columns = {
        name: _read_values(table, name, kind, section, faults[name])
        for name, kind in section.columns.items()
        if kind is not FieldKind.VECTOR
    }
    modalities = {
        name: _read_vectors(table, name, section.separator, faults[name]) for name in section.vectors
    }
    _check_cells(table, _job_keys(section, "items"), faults)
    _check_paths(section, columns)
    strangers = 0
    if section.descriptions:
        # Of the kept rows alone; all others have none.
        described = read_descriptions(section.descriptions, ids)
        texts, strangers = dict(zip(rows, described.texts, strict=True)), described.strangers
        columns[DESCRIPTION] = [texts.get(row) for row in range(len(table))]
    items = tuple(
        Item(
            item_id,
            expand_attributes(_attributes_at(columns, row), section.hierarchies),
            _vectors_at(modalities, row),
        )
        for item_id, row in zip(ids, rows, strict=True)
    )
    rejects = (*rejected, *chain.from_iterable(faults.values()))
    return ItemTable(items, _count_rows(table), len(rejected), rejects, strangers)


def read_users(section: UsersSection) -> UserTable:
    """The users of a table, without unreadable cells; of rows with the same ID the first is kept.

    Raises JobError for an unreadable table or column.
    """
    table = _read_table(section, "users")
    ids, rows, rejected = _identify_rows(table, section.id, "users")
    faults: Faults = {name: [] for name in section.columns}
    columns = {
        name: _read_values(table, name, kind, section, faults[name]) for name, kind in section.fields.items()
    }
    _check_cells(table, _job_keys(section, "users"), faults)
    users = tuple(User(user_id, _attributes_at(columns, row)) for user_id, row in zip(ids, rows, strict=True))
    return UserTable(
        users, _count_rows(table), len(rejected), (*rejected, *chain.from_iterable(faults.values()))
    )


def _read_table(section: ItemsSection | UsersSection, key: str) -> Table:
    return read_table(section.path, plan_columns(section, key), section.options)


def plan_columns(section: ItemsSection | UsersSection, key: str) -> ColumnPlan:
    """The columns of an item or user table by their keys in the job; `key` is items or users."""
    columns = {key: name for name, key in _job_keys(section, key).items()}
    return ColumnPlan({f"{key}.id": section.id} | columns, ids=frozenset({section.id}))


def _job_keys(section: ItemsSection | UsersSection, key: str) -> dict[str, str]:
    """Column -> its key in the job."""
    return {name: f"{key}.{_LISTS[kind]}.{name}" for name, kind in section.columns.items()}


def _check_cells(table: Table, keys: Mapping[str, str], faults: Faults) -> None:
    """Raises JobError if nearly all cells of a column are unreadable.

    Empty cells do not count if at least MIN_UNREADABLE cells are unreadable.
    """
    errors = []
    for name, rejects in faults.items():
        filled = len(table) - table.columns[name].null_count
        whole = filled if len(rejects) >= MIN_UNREADABLE else len(table)
        if is_nearly_all(len(rejects), whole):
            reason = rejects[0].reason.removeprefix("unparsable: ").removesuffix(KEPT)
            raw = rejects[0].raw
            cell = format_cell(raw[name] if isinstance(raw, Mapping) else raw)
            errors.append(
                f"{keys[name]}: expected cells that can be read, given {len(rejects):,} of {filled:,} that cannot, "
                f"such as {cell} ({reason})"
            )
    if errors:
        raise JobError(*errors)


def _check_paths(section: ItemsSection, columns: Mapping[str, Values]) -> None:
    """Raises JobError if the separator of levels is in no cell, and would have no effect.

    A separator for all columns must be in one of them, a separator for a column in that column.
    """
    without = {
        name: separator
        for name, separator in section.hierarchies.items()
        if not any(_has_levels(cell, separator) for cell in columns[name])
    }
    if without and (isinstance(section.hierarchy, dict) or len(without) == len(section.hierarchies)):
        name, separator = next(iter(without.items()))
        example = next((cell[0] for cell in columns[name] if isinstance(cell, tuple)), "")
        raise JobError(
            f"items.hierarchy: expected paths such as 'A{separator}B' in the column {name}, given none, "
            f"such as {format_cell(example)}"
        )


def _has_levels(cell: Attribute | None, separator: str) -> bool:
    return isinstance(cell, tuple) and any(len(path_levels(path, separator)) > 1 for path in cell)


_LISTS = {
    FieldKind.CATEGORIES: "categories",
    FieldKind.CATEGORICAL: "categorical",
    FieldKind.NUMERIC: "numeric",
    FieldKind.TEXT: "text",
    FieldKind.VECTOR: "vectors",
}
"""Field kind -> the key of its columns in the job."""


def _identify_rows(table: Table, column: str, key: str) -> tuple[list[str], list[int], list[Reject]]:
    """The distinct IDs, the first row of each, and the rejected rows. Raises JobError if there is no ID."""
    first: dict[str, int] = {}
    rejected = list(table.rejected)
    for row, text in enumerate(format_texts(table.columns[column]).to_pylist()):
        if text is None:
            rejected.append(table.reject(row, f"missing: {column} is empty"))
        elif text in first:
            rejected.append(table.reject(row, f"duplicate: same {column} as an earlier row"))
        else:
            first[text] = row
    if not first:
        raise JobError(f"{key}.id: expected IDs, given an empty cell in every row of the column {column}")
    return list(first), list(first.values()), rejected


def _read_values(
    table: Table, name: str, kind: FieldKind, section: ItemsSection | UsersSection, faults: list[Reject]
) -> Values:
    """A column's attribute values. Unreadable cells are None, and added to `faults`."""
    column = table.columns[name]
    if kind is FieldKind.CATEGORIES and isinstance(section, ItemsSection):
        return [cell or None for cell in parse_labels(column, section.separator)]
    if kind is FieldKind.NUMERIC:
        return _read_numbers(table, name, section.decimal, faults)
    values: list[str | None] = format_texts(column).to_pylist()
    return values


def _read_numbers(table: Table, name: str, decimal: str, faults: list[Reject]) -> Values:
    """A column's finite numbers. Unreadable cells are None, and added to `faults`."""
    values, is_bad = parse_numbers(table.columns[name], decimal)
    is_bad |= np.isinf(values)
    faults += [
        table.reject(int(row), f"unparsable: {name} is not a finite number{KEPT}")
        for row in np.flatnonzero(is_bad)
    ]
    return [
        None if np.isnan(number) or rejected else float(number)
        for number, rejected in zip(values, is_bad, strict=True)
    ]


def _read_vectors(table: Table, name: str, separator: str, faults: list[Reject]) -> Vectors:
    """A column's vectors of its most frequent size, the first of equally frequent ones; others are in `faults`."""
    cells = parse_vectors(table.columns[name], separator)
    sizes = Counter(len(vector) for vector in cells if vector)
    size = sizes.most_common(1)[0][0] if sizes else 0
    for row, vector in enumerate(cells):
        if vector is None or len(vector) not in (0, size):
            size_text = "something else" if vector is None else f"{len(vector)}"
            reason = (
                f"unparsable: expected {size or 'some'} finite numbers in {name}, given {size_text}{KEPT}"
            )
            faults.append(table.reject(row, reason))
    return [vector if vector and len(vector) == size else None for vector in cells]


def _attributes_at(columns: Mapping[str, Values], row: int) -> dict[str, Attribute]:
    return {name: value for name, values in columns.items() if (value := values[row]) is not None}


def _vectors_at(columns: Mapping[str, Vectors], row: int) -> dict[str, tuple[float, ...]]:
    return {name: vector for name, cells in columns.items() if (vector := cells[row]) is not None}


def _count_rows(table: Table) -> int:
    return len(table) + len(table.rejected)
