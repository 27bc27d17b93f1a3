"""Places for new items: a share of a list is given to items of which little is known, the best of them first.

With a share of 0.1, one of the first ten places has a new item: if none of the nine above is one, the tenth place is
given to the new item with the greatest value. So it goes on by tens. The first n places of a list have at least the
share of n, rounded down. More is never given; a new item whose value is high enough stands where that brings it.
"""

import math
from dataclasses import dataclass, field, replace

import numpy as np

from models.contract.arrays import Doubles, Indices, Mask
from models.ranking.exploration import Choose

ROUNDING = 1e-9
"""Added to the places due, as a share times a number of places may come out just below a whole number."""


def count_due(share: float, places: int) -> int:
    """The least new items in the first `places` of a list, where they get a share of them."""
    return math.floor(share * places + ROUNDING)


@dataclass(frozen=True, slots=True, eq=False)
class NewItems:
    """Which of K candidates are new, the share of the places that they get, and what stands above the list."""

    is_new: Mask  # [K]
    share: float  # of the places, 0 to 1
    above: int = 0  # places above the list, as those of the pages before
    new_above: int = 0  # those of them with a new item

    def take(self, rows: Indices) -> "NewItems":
        """The same of the candidates at some positions."""
        return replace(self, is_new=self.is_new[rows])

    def below(self, chosen: Indices) -> "NewItems":
        """The same for a list below these candidates [m]."""
        count = int(np.count_nonzero(self.is_new[chosen]))
        return replace(self, above=self.above + len(chosen), new_above=self.new_above + count)

    def count_due(self, place: int) -> int:
        """The least new items in the places down to this one, with those above the list."""
        return count_due(self.share, self.above + place)


@dataclass(slots=True)
class NewPlaces:
    """Fills the places of one list: where a new item is due, `pick` picks among new items alone."""

    new: NewItems
    pick: Choose
    given: list[int] = field(default_factory=list)  # the candidates of due places, in their order
    _place: int = 0
    _new: int = field(init=False)

    def __post_init__(self) -> None:
        self._new = self.new.new_above

    def choose(self, values: Doubles, by_relevance: Indices) -> int:
        """The candidate of the next place; see models.ranking.exploration.Choose.

        Where no new item is open, the due place is the next one.
        """
        self._place += 1
        is_new = self.new.is_new
        is_due = self._new < self.new.count_due(self._place)
        if is_due:
            of_new = np.where(is_new, values, -np.inf)
            is_due = bool((of_new > -np.inf).any())
            values = of_new if is_due else values
        chosen = self.pick(values, by_relevance)
        self._new += int(is_new[chosen])
        if is_due:
            self.given.append(chosen)
        return chosen
