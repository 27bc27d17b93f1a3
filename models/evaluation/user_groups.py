"""Groups of users, by which the quality of lists is compared: the attributes of their profiles, and their activity."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Indices, Mask
from models.data.dataset import Dataset
from models.evaluation.protocols import RankingCase
from models.evaluation.report.fairness import GroupingKind
from models.evaluation.slices import HISTORIES
from models.job.sections import UsersSection

MOST_VALUES = 10
"""Values of an attribute that have a group each, the most frequent ones among the users of the lists."""
LEAST_SHOWN = 5
"""Users of a group: figures of fewer would describe persons, and so would the rest of the lists that they leave."""
OTHERS = "(all others)"
NOT_STATED = "(not stated)"
ACTIVITY = "activity"

Attributes = Mapping[str, Sequence[str | None]]
"""Attribute -> the value of each user of the job, None where it is not stated."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of the C lists of a case that share none, each with the lists of LEAST_SHOWN users or more."""

    kind: GroupingKind
    name: str  # the attribute, or ACTIVITY: an attribute may be called so, too
    groups: Sequence[tuple[str, Mask]]  # name and lists [C]


def read_attributes(dataset: Dataset, section: UsersSection | None) -> Attributes:
    """The categorical attributes of all users of a job."""
    names = () if section is None else section.categorical
    return {name: [_read(user.attributes.get(name)) for user in dataset.users] for name in names}


def group_lists(case: RankingCase, attributes: Attributes) -> Iterator[Grouping]:
    """Yield the groupings that have groups: each attribute, then the activity (models.evaluation.slices)."""
    for name, values in attributes.items():
        groups = tuple(_group_by_value(case.users, values))
        if groups:
            yield Grouping(GroupingKind.ATTRIBUTE, name, groups)
    groups = tuple(_group_by_activity(case))
    if groups:
        yield Grouping(GroupingKind.ACTIVITY, ACTIVITY, groups)


def _group_by_value(users: Indices, values: Sequence[str | None]) -> Iterator[tuple[str, Mask]]:
    """Yield the most frequent values, all others together, and the lists of users without a value."""
    distinct = np.unique(users).tolist()
    stated = Counter(value for user in distinct if (value := values[user]) is not None)
    named, joined = _choose_values(stated, len(distinct) - stated.total())
    numbers = {value: number for number, value in enumerate(named)}
    unstated = len(named) if joined else -1
    codes = np.array(
        [
            unstated if (value := values[user]) is None else numbers.get(value, len(named))
            for user in users.tolist()
        ],
        dtype=np.int64,
    )
    for code, name in (*enumerate((*named, OTHERS)), (-1, NOT_STATED)):
        mask = codes == code
        if count_users(users[mask]) >= LEAST_SHOWN:
            yield name, mask


def _choose_values(stated: Counter[str], unstated: int) -> tuple[Sequence[str], bool]:
    """The values that have a group each, and whether the users without a value count as others.

    They do where they are too few to show. Where the others are too few, the least frequent value joins them, or, where
    no value is left, the users without one.
    """
    ranked = sorted(stated.items(), key=lambda pair: (-pair[1], pair[0]))
    named = [value for value, count in ranked[:MOST_VALUES] if count >= LEAST_SHOWN]
    joined = unstated < LEAST_SHOWN
    others = stated.total() - sum(stated[value] for value in named) + (unstated if joined else 0)
    while named and 0 < others < LEAST_SHOWN:
        others += stated[named.pop()]
    return named, joined or 0 < others < LEAST_SHOWN


def _group_by_activity(case: RankingCase) -> Iterator[tuple[str, Mask]]:
    """Yield the lists by the length of their history; groups of too few users are left out.

    So is the smallest other group, where those left out would be too few together.
    """
    lengths = np.diff(case.seen.indptr)
    masks = [(name, (lengths >= least) & (lengths <= most)) for name, least, most in HISTORIES]
    by_size = sorted((count_users(case.users[mask]), number) for number, (_, mask) in enumerate(masks))
    hidden = np.zeros(len(lengths), dtype=np.bool_)
    shown = set[int]()
    for count, number in by_size:
        if count < LEAST_SHOWN or 0 < count_users(case.users[hidden]) < LEAST_SHOWN:
            hidden |= masks[number][1]
        else:
            shown.add(number)
    yield from (group for number, group in enumerate(masks) if number in shown)


def count_users(users: Indices) -> int:
    """The distinct users among those of n lists [n]."""
    return len(np.unique(users))


def _read(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
