"""The type of candidate sources (name, function, share of the candidates), and the input of those over arrays."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Generic, TypeVar

from models.contract.arrays import Floats, Indices, Mask

Input = TypeVar("Input")
Nearest = Callable[[Floats, int, Mask], Indices]
"""(vector [D + 2], k, allowed [n]) -> at most k allowed rows with the greatest inner product, best first."""


@dataclass(frozen=True, slots=True)
class Source(Generic[Input]):
    """A named source of candidates."""

    name: str  # in the answer's `sources`
    find: Callable[[Input, int], Indices | None]
    """(input, k) -> at most k allowed rows, best first; None if the source does not apply to the request."""
    share: Fraction | None = None  # of the candidates; None: all that the other sources leave


@dataclass(frozen=True, slots=True)
class RetrievalTable:
    """The columns of n items that candidate selection reads."""

    vectors: Floats  # [n, D + 2] rows of the item table (models.contract.user_vector)
    centre: Floats  # [D] the mean item, the origin for cosines
    statistics: Floats  # [n, S] the columns STATISTICS


@dataclass(frozen=True, slots=True)
class RetrievalInput:
    """The inputs of every source over arrays, for one request."""

    items: RetrievalTable
    vector: Floats  # [D + 2] the user's vector
    allowed: Mask  # [n] rows that may be answered
    liked_row: int | None  # row of the last liked item
    nearest: Nearest  # the service's search asks the index and may raise its error
    links: Floats | None = None  # [n] the links' term of the `next` logits
    partners: Indices | None = (
        None  # [m] rows that others took together with the user's last items, strongest first
    )
