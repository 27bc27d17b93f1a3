"""The item and the user table -> items with attributes, users with profiles. An ID's first row counts."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from models.contract.catalogue import Attribute, Item, User
from models.contract.feature_spec import FieldKind
from models.data.readers.parsing import labels, numbers, texts, vectors
from models.data.readers.sources import read_table
from models.data.readers.table import Reject, Table
from models.data.validation import example, nearly_all
from models.job.errors import JobError
from models.job.sections import ItemsSection, UsersSection

Values = Sequence[Attribute | None]
"""One a row; None where there is none."""
Faults = dict[str, list[Reject]]
"""Column -> its cells that were left out."""
KEPT = "; kept without it"
ENOUGH = 10
"""Unreadable cells that say what a sparse column is; fewer may be slips."""
Vectors = Sequence[tuple[float, ...] | None]


@dataclass(frozen=True, slots=True)
class ItemTable:
    """The items of the table, in its order."""

    items: tuple[Item, ...] = ()
    rows: int = 0
    rejected_rows: int = 0
    rejects: tuple[Reject, ...] = ()  # of rows, then of cells whose rows were kept


@dataclass(frozen=True, slots=True)
class UserTable:
    """The users of the table, in its order."""

    users: tuple[User, ...] = ()
    rows: int = 0
    rejected_rows: int = 0
    rejects: tuple[Reject, ...] = ()  # of rows, then of cells whose rows were kept


def read_items(section: ItemsSection) -> ItemTable:
    """The items of a table, without cells that are no number or vector; raises JobError for an unreadable table."""
    table = _read(section, "items")
    ids, rows, rejected = _identified(table, section.id, "items")
    faults: Faults = {name: [] for name in section.fields}
    columns = {
        name: _values(table, name, kind, section.separator, faults[name])
        for name, kind in section.fields.items()
        if kind is not FieldKind.VECTOR
    }
    modalities = {name: _vectors(table, name, section.separator, faults[name]) for name in section.vectors}
    _check_cells(table, _keys(section, "items"), faults)
    items = tuple(
        Item(item_id, _attributes(columns, row), _vectors_at(modalities, row))
        for item_id, row in zip(ids, rows, strict=True)
    )
    return ItemTable(items, _rows(table), len(rejected), (*rejected, *chain.from_iterable(faults.values())))


def read_users(section: UsersSection) -> UserTable:
    """The users of a table, without the cells that are no number; raises JobError for an unreadable table."""
    table = _read(section, "users")
    ids, rows, rejected = _identified(table, section.id, "users")
    faults: Faults = {name: [] for name in section.fields}
    columns = {name: _values(table, name, kind, "", faults[name]) for name, kind in section.fields.items()}
    _check_cells(table, _keys(section, "users"), faults)
    users = tuple(User(user_id, _attributes(columns, row)) for user_id, row in zip(ids, rows, strict=True))
    return UserTable(users, _rows(table), len(rejected), (*rejected, *chain.from_iterable(faults.values())))


def _read(section: ItemsSection | UsersSection, key: str) -> Table:
    wanted = {key: name for name, key in _keys(section, key).items()}
    return read_table(section.path, {f"{key}.id": section.id} | wanted)


def _keys(section: ItemsSection | UsersSection, key: str) -> dict[str, str]:
    """Column -> the job's key that names it."""
    return {name: f"{key}.{_LISTS[kind]}.{name}" for name, kind in section.fields.items()}


def _check_cells(table: Table, keys: Mapping[str, str], faults: Faults) -> None:
    """Raises JobError where nearly all cells of a column are not what the job says.

    Of a sparse column the filled ones count alone, where ENOUGH of them are unreadable.
    """
    errors = []
    for name, rejects in faults.items():
        filled = len(table.numbers) - table.columns[name].null_count
        whole = filled if len(rejects) >= ENOUGH else len(table.numbers)
        if nearly_all(len(rejects), whole):
            reason = rejects[0].reason.removeprefix("unparsable: ").removesuffix(KEPT)
            row = int(np.searchsorted(table.numbers, rejects[0].row))
            cell = example(table.columns[name][row].as_py())
            errors.append(
                f"{keys[name]}: expected cells that can be read, given {len(rejects):,} of {filled:,} that cannot, "
                f"such as {cell} ({reason})"
            )
    if errors:
        raise JobError(*errors)


_LISTS = {
    FieldKind.CATEGORIES: "categories",
    FieldKind.CATEGORICAL: "categorical",
    FieldKind.NUMERIC: "numeric",
    FieldKind.TEXT: "text",
    FieldKind.VECTOR: "vectors",
}
"""How the job calls the list of a kind's columns."""


def _identified(table: Table, column: str, key: str) -> tuple[list[str], list[int], list[Reject]]:
    """The distinct IDs, the first row of each, and the rejected rows."""
    first: dict[str, int] = {}
    rejected = list(table.rejected)
    for row, text in enumerate(texts(table.columns[column]).to_pylist()):
        if text is None:
            rejected.append(table.reject(row, f"missing: {column} is empty"))
        elif text in first:
            rejected.append(table.reject(row, f"duplicate: same {column} as an earlier row"))
        else:
            first[text] = row
    if not first:
        raise JobError(f"{key}.id: expected IDs, given an empty cell in every row of the column {column}")
    return list(first), list(first.values()), rejected


def _values(table: Table, name: str, kind: FieldKind, separator: str, faults: list[Reject]) -> Values:
    """A column's values as the contract has them. Unreadable cells are None, and noted in `faults`."""
    column = table.columns[name]
    if kind is FieldKind.CATEGORIES:
        return [cell or None for cell in labels(column, separator)]
    if kind is FieldKind.NUMERIC:
        return _numbers(table, name, faults)
    values: list[str | None] = texts(column).to_pylist()
    return values


def _numbers(table: Table, name: str, faults: list[Reject]) -> Values:
    values, bad = numbers(table.columns[name])
    bad |= np.isinf(values)
    faults += [
        table.reject(int(row), f"unparsable: {name} is not a finite number{KEPT}")
        for row in np.flatnonzero(bad)
    ]
    return [
        None if np.isnan(number) or wrong else float(number)
        for number, wrong in zip(values, bad, strict=True)
    ]


def _vectors(table: Table, name: str, separator: str, faults: list[Reject]) -> Vectors:
    """Vectors of the size that most rows have (of several, the first met)."""
    cells = vectors(table.columns[name], separator)
    sizes = Counter(len(vector) for vector in cells if vector)
    size = sizes.most_common(1)[0][0] if sizes else 0
    for row, vector in enumerate(cells):
        if vector is None or len(vector) not in (0, size):
            given = "something else" if vector is None else f"{len(vector)}"
            reason = f"unparsable: expected {size or 'some'} finite numbers in {name}, given {given}{KEPT}"
            faults.append(table.reject(row, reason))
    return [vector if vector and len(vector) == size else None for vector in cells]


def _attributes(columns: Mapping[str, Values], row: int) -> dict[str, Attribute]:
    return {name: value for name, values in columns.items() if (value := values[row]) is not None}


def _vectors_at(columns: Mapping[str, Vectors], row: int) -> dict[str, tuple[float, ...]]:
    return {name: vector for name, cells in columns.items() if (vector := cells[row]) is not None}


def _rows(table: Table) -> int:
    return len(table.numbers) + len(table.rejected)
