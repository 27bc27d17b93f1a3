"""The number of candidates to score for one list, and when a wide search is needed."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from models.contract.tasks import NEXT

CANDIDATES = 300
"""Candidates that the service scores for one list by default, and that the evaluation scores."""
WIDE = 2_000
"""Candidates of a wide search, which therefore ranks all items of a catalogue of up to this size."""


@dataclass(frozen=True, slots=True)
class Budget:
    """The number of candidates to score. A wide search has more of them; the shares of the sources stay the same.

    Retrieval ranks by the `next` head, so a list whose weights exclude `next` needs a wide search.
    """

    candidates: int
    wide: bool = False

    @property
    def total(self) -> int:
        """The most candidates in total."""
        return max(WIDE, self.candidates) if self.wide else self.candidates

    def share(self, part: Fraction) -> int:
        """The most candidates of a source with this share of the budget."""
        return self.candidates * part.numerator // part.denominator


def plan_budgets(
    candidates: int, weights: Mapping[str, float], *, capped: bool = False
) -> tuple[Budget, ...]:
    """The budget of the first search, and that of a second one, which follows if the first cannot fill the list.

    Weights without one for `next` need a wide search from the start. A list with a category cap or a limit of runs
    (`capped`) may need a second search, as the nearest items may all have the same categories.
    """
    narrow, wide = Budget(candidates), Budget(candidates, wide=True)
    if not weights.get(NEXT):
        return (wide,)
    return (narrow, wide) if capped else (narrow,)
