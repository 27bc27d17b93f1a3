"""The notes of a slate: which part of the filter holds for no item, how many pass, and what of a plan gave way."""

from dataclasses import dataclass

from models.contract.predicate import Scalar


@dataclass(frozen=True, slots=True)
class NoItemHasValue:
    """A value of the filter that no item has."""

    path: str  # of the comparison, such as filter.all.1.genres
    value: Scalar
    nearest: tuple[Scalar, ...]  # values that items have


@dataclass(frozen=True, slots=True)
class OutOfRange:
    """A bound of the filter that no item's number meets."""

    path: str
    value: float
    lowest: float  # of the items' numbers
    highest: float


@dataclass(frozen=True, slots=True)
class NoItemHasField:
    """A field of the filter that every item lacks."""

    path: str


@dataclass(frozen=True, slots=True)
class FewItemsPass:
    """Fewer items pass the filter than the list may have."""

    items: int


@dataclass(frozen=True, slots=True)
class ConditionRelaxed:
    """A condition of the plan that items of the list do not meet, since too few items meet all conditions."""

    path: str  # such as plan.conditions.0
    items: int  # that meet all conditions; they come first


@dataclass(frozen=True, slots=True)
class MoreNotes:
    """Further notes that the answer leaves out."""

    notes: int


Note = NoItemHasValue | OutOfRange | NoItemHasField | FewItemsPass | ConditionRelaxed | MoreNotes
