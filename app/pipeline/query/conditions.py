"""The conditions of a plan on the items: which items meet them, and which conditions give way if too few do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from app.bundle.attribute_index import AttributeIndex
from app.bundle.catalogue import Catalogue
from app.pipeline.filtering import match_predicate
from app.pipeline.notes import ConditionRelaxed
from app.pipeline.types import Query
from models.contract.arrays import Mask
from models.contract.predicate import Compare, Not, Operator, Predicate
from models.language.plan import Plan, PlannedLabel


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The items that a list may have, those of them that meet the whole plan, and the conditions that gave way."""

    allowed: Mask  # [n]
    meets: Mask | None  # [n] within `allowed`; None if all of them do
    relaxed: tuple[ConditionRelaxed, ...] = ()


def narrow_rows(catalogue: Catalogue, query: Query, columns: AttributeIndex, allowed: Mask) -> Narrowed:
    """Narrow the `allowed` rows [n] by the conditions of the query's plan.

    Where the request names its items (rank), all stay allowed. Otherwise an item with an unwanted label is never
    allowed. If fewer items meet all conditions than the list has, conditions give way one by one, the one that lets
    most items pass first, until enough pass; the items that meet all of them still come first.
    """
    parts = list(wanted_parts(query.plan))
    refused = [part for _, part in unwanted_parts(query.plan)]
    if not parts and not refused:
        return Narrowed(allowed, None)
    unrefused = allowed.copy()
    for part in refused:
        unrefused &= match_predicate(catalogue, part, columns)
    masks = [match_predicate(catalogue, part, columns) for _, part in parts]
    meets = _meet_all(unrefused, masks)
    if query.item_ids is not None:
        return Narrowed(allowed, meets)
    if int(np.count_nonzero(meets)) >= min(query.limit, int(np.count_nonzero(unrefused))):
        return Narrowed(meets, None)
    kept, dropped = _choose_kept(unrefused, masks, query.limit)
    items = int(np.count_nonzero(meets))
    relaxed = tuple(ConditionRelaxed(parts[number][0], items) for number in sorted(dropped))
    return Narrowed(_meet_all(unrefused, [masks[number] for number in kept]), meets, relaxed)


def wanted_parts(plan: Plan) -> Iterator[tuple[str, Predicate]]:
    """(path, predicate) of what the plan wants: its labels, then its numbers."""
    for index, label in enumerate(plan.wanted):
        yield f"plan.wanted.{index}", _has_label(label)
    for index, number in enumerate(plan.conditions):
        yield f"plan.conditions.{index}", Compare(number.field, Operator(number.op.value), number.value)


def unwanted_parts(plan: Plan) -> Iterator[tuple[str, Predicate]]:
    """(path, predicate) that no item with an unwanted label meets."""
    for index, label in enumerate(plan.unwanted):
        yield f"plan.unwanted.{index}", Not(_has_label(label))


def _has_label(label: PlannedLabel) -> Predicate:
    return Compare(label.field, Operator.IN, label.values)


def _meet_all(base: Mask, masks: Sequence[Mask]) -> Mask:
    meets = base.copy()
    for mask in masks:
        meets &= mask
    return meets


def _choose_kept(base: Mask, masks: Sequence[Mask], limit: int) -> tuple[list[int], list[int]]:
    """The numbers of the conditions that enough items pass, and of those that gave way.

    An item that fails one condition alone passes once that one gives way. So [n] the count of the conditions that an
    item fails, and the sum of their numbers, which is the number of the only one, tell who passes without each.
    """
    failing = [base & ~mask for mask in masks]
    failed, numbers = np.zeros((2, len(base)), dtype=np.int32)
    for number, fails in enumerate(failing):
        failed += fails
        numbers += number * fails
    kept, dropped = list(range(len(masks))), list[int]()
    while kept and np.count_nonzero(base & (failed == 0)) < limit:
        gained = np.bincount(numbers[failed == 1], minlength=len(masks))
        number = kept.pop(int(np.argmax(gained[kept])))
        dropped.append(number)
        failed -= failing[number]
        numbers -= number * failing[number]
    return kept, dropped
