"""The columns to read from the files of a table, and how."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ID_LISTS = ("items",)
"""Keys of the job with columns of lists of ids, whose whole numbers must stay exact."""
LISTS = ("categories", "vectors", *ID_LISTS)
"""Keys of the job with columns that may have lists."""


@dataclass(frozen=True, slots=True)
class ColumnPlan:
    """The columns to read from a file, and how."""

    by_key: Mapping[str, str]  # key of the job, such as "interactions.user" -> column
    coded: frozenset[str] = (
        frozenset()
    )  # columns that become dictionaries, which need a fraction of the memory
    ids: frozenset[str] = frozenset()  # columns of ids, which must be exact
    id_lists: frozenset[str] = frozenset()  # those of `ids` whose cells are lists
    scalars: frozenset[str] = frozenset()  # columns whose JSON values must be texts or numbers
    names: set[str] = field(default_factory=set)
    """Columns that occurred: complete only after the last row of a JSON Lines file."""

    @property
    def columns(self) -> list[str]:
        """The columns to read, without repetitions."""
        return list(dict.fromkeys(self.by_key.values()))

    @property
    def lists(self) -> frozenset[str]:
        """Columns that may have lists."""
        return frozenset(column for key, column in self.by_key.items() if may_hold_lists(key))


def may_hold_lists(key: str) -> bool:
    """True for a key of the job, such as items.categories.genres, whose column may have lists."""
    return key.split(".")[1] in LISTS


def holds_id_lists(key: str) -> bool:
    """True for a key of the job, such as histories.items, whose column has lists of ids."""
    return key.split(".")[1] in ID_LISTS
