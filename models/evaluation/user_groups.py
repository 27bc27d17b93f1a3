"""Groups of users, by which the quality of lists is compared: the attributes of their profiles, and their activity."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Indices, Mask
from models.data.dataset import Dataset
from models.evaluation.protocols import RankingCase
from models.evaluation.slices import HISTORIES
from models.job.sections import UsersSection

MOST_VALUES = 10
"""Values of an attribute that have a group of their own, the most frequent ones among the users of the lists."""
LEAST_SHOWN = 5
"""Users of a value with a group of its own: figures of fewer would describe persons."""
OTHERS = "(all others)"
NOT_STATED = "(not stated)"
ACTIVITY = "activity"

Attributes = Mapping[str, Sequence[str | None]]
"""Attribute -> the value of each user of the job, None where it is not stated."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """The C lists of a case in groups that share none."""

    name: str  # the attribute, or ACTIVITY
    groups: Sequence[tuple[str, Mask]]  # name and lists [C]


def read_attributes(dataset: Dataset, section: UsersSection | None) -> Attributes:
    """The categorical attributes of all users of a job."""
    names = () if section is None else section.categorical
    return {name: [_read(user.attributes.get(name)) for user in dataset.users] for name in names}


def group_lists(case: RankingCase, attributes: Attributes) -> Iterator[Grouping]:
    """Yield the groupings that have lists: each attribute, then the activity (models.evaluation.slices)."""
    for name, values in attributes.items():
        groups = tuple(_group_by_value(case.users, values))
        if groups:
            yield Grouping(name, groups)
    lengths = np.diff(case.seen.indptr)
    masks = [(name, (lengths >= least) & (lengths <= most)) for name, least, most in HISTORIES]
    if len(case):
        yield Grouping(ACTIVITY, tuple((name, mask) for name, mask in masks if mask.any()))


def _group_by_value(users: Indices, values: Sequence[str | None]) -> Iterator[tuple[str, Mask]]:
    """Yield the most frequent values, all others together, and the lists of users without a value."""
    stated = Counter(value for user in np.unique(users).tolist() if (value := values[user]) is not None)
    ranked = sorted(stated.items(), key=lambda pair: (-pair[1], pair[0]))
    named = [value for value, count in ranked[:MOST_VALUES] if count >= LEAST_SHOWN]
    codes = {value: code for code, value in enumerate(named)}
    own = np.array(
        [-1 if (value := values[user]) is None else codes.get(value, len(named)) for user in users.tolist()],
        dtype=np.int64,
    )
    for code, name in (*enumerate((*named, OTHERS)), (-1, NOT_STATED)):
        mask = own == code
        if mask.any():
            yield name, mask


def _read(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
