"""Slices of a benchmark's lists: NDCG@10 by length of the history, and by popularity and age of the relevant items."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.evaluation.full_ranking import K, mean_ndcg
from models.evaluation.protocols import RankingPart
from models.export.link_gains import CLASSES
from models.recipe.benchmark.held_out import HeldOut

LENGTHS = (0, *CLASSES)
"""Where classes of the number of a user's earlier events begin."""
POPULARITIES = (0, 1, 10, 100, 1_000)
"""Where classes of the number of an item's training events begin."""
AGES = (0, 1, 7, 30, 90)
"""Days, where classes of the time since an item's first training event begin."""
BY_LENGTH, BY_POPULARITY = "earlier events of the user", "training events of the item"
BY_AGE = "days since the item's first event"
NEW, BEFORE = "no event", "before the log"


@dataclass(frozen=True, slots=True)
class Slice:
    """NDCG@10 of every method, by name, over the lists of one part; `by` names what parts them.

    In a slice by items only the relevant items of the part count as hits.
    """

    by: str
    part: str
    lists: int
    ndcg_at_10: Mapping[str, float]


def slice_lists(test: HeldOut, lists: Mapping[str, Indices]) -> list[Slice]:
    """The slices that have a list, from the lists [C, k >= 10] of each method."""
    case, ages = test.case, test.item_ages()
    parts = [(BY_LENGTH, name, case.take_part(mask)) for name, mask in divide(test.lengths(), LENGTHS)]
    by_items = [(BY_POPULARITY, name, mask) for name, mask in divide(test.item_events(), POPULARITIES)]
    if ages is not None:
        by_items += [(BY_AGE, name, mask) for name, mask in divide_ages(ages)]
    parts += [(by, name, case.keep_relevant(mask)) for by, name, mask in by_items]
    return [_measure(by, name, part, lists) for by, name, part in parts if len(part.lists)]


def divide_ages(ages: Doubles) -> Iterator[tuple[str, Mask]]:
    """Yield each class of ages [I] in days, as HeldOut.item_ages has them, with its mask [I]."""
    yield NEW, np.isnan(ages)
    yield from divide(np.where(np.isinf(ages), np.nan, ages), AGES)
    yield BEFORE, np.isinf(ages)


def divide(values: Indices | Doubles, begins: Sequence[int]) -> Iterator[tuple[str, Mask]]:
    """Yield each class of values [n] with its mask [n]; `begins` ascend, and the last class has no end."""
    for least, beyond in zip(begins, (*begins[1:], None), strict=True):
        inside = (values >= least) & (True if beyond is None else values < beyond)
        yield _name_class(least, beyond), np.asarray(inside, dtype=np.bool_)


def _name_class(least: int, beyond: int | None) -> str:
    if beyond is None:
        return f"{least}+"
    return f"{least}" if beyond == least + 1 else f"{least}-{beyond - 1}"


def _measure(by: str, name: str, part: RankingPart, lists: Mapping[str, Indices]) -> Slice:
    means = {method: mean_ndcg(own[part.lists, :K], part.case) for method, own in lists.items()}
    return Slice(by, name, len(part.lists), means)
