"""Exploration: a list in which every place is drawn by chance, with the propensity of each draw.

A policy draws the next item from the values that the re-ranker gives to the candidates, so that diversity and caps hold
over it. The propensity of a place is the probability of its item given the places above it: logged, it tells what
another policy would have earned (inverse propensity scoring, Horvitz and Thompson 1952).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from models.contract.arrays import Doubles, Floats, Indices

TEMPERATURE = 0.2
"""The temperature of softmax at strength 1, on the scale of relevance in [0, 1]."""
SPREAD = 0.5
"""The standard deviation of the value of an item without interactions at strength 1, on the same scale."""
DRAWS = 256
"""Draws of all values by which the propensities of Thompson sampling are estimated."""

Choose = Callable[[Doubles, Indices], int]
"""(values [K], -inf for what cannot be chosen, candidates by descending relevance [K]) -> one of the candidates."""


class Policy(StrEnum):
    """How the item of a place is drawn."""

    NONE = "none"  # the best one
    EPSILON = "epsilon"  # the best one; at the rate of the strength any other or the same, all alike
    SOFTMAX = "softmax"  # the better its value, the likelier; at strength 0 the best one
    THOMPSON = "thompson"  # the best one after noise that is the wider, the fewer interactions an item has


@dataclass(frozen=True, slots=True, eq=False)
class Exploration:
    """A policy, how much it explores, from 0 to 1, and the seed of its draws."""

    policy: Policy
    strength: float
    seed: int
    spread: Floats | None = (
        None  # [K] of the candidates at strength 1 (`measure_spread`), for Thompson sampling
    )

    def take(self, rows: Indices) -> "Exploration":
        """The exploration of the candidates at some positions."""
        return self if self.spread is None else replace(self, spread=self.spread[rows])


def pick_best(values: Doubles, by_relevance: Indices) -> int:
    """The candidate of the greatest value; of equal ones the most relevant."""
    return int(by_relevance[values[by_relevance].argmax()])


def measure_spread(counts: Doubles | Floats) -> Floats:
    """The standard deviation [K] of the values of items with these numbers of interactions, at strength 1.

    It falls as that of a mean of so many observations, of which one stands for what is known of a new item.
    """
    return np.asarray(SPREAD / np.sqrt(1 + np.maximum(counts, 0)), dtype=np.float32)


def find_shares(values: Doubles, strength: float) -> Doubles:
    """[K] the probabilities of candidates under softmax, from their values [K]; `strength` is above 0."""
    weights = np.exp((values - values.max()) / (strength * TEMPERATURE))
    return np.asarray(weights / weights.sum())


@dataclass(slots=True)
class Explorer:
    """Draws the places of one list, and keeps their propensities."""

    exploration: Exploration
    propensities: list[float] = field(default_factory=list)
    _random: np.random.Generator = field(init=False)
    _noise: Doubles | None = None  # [DRAWS, K]; the first row is the draw of this list

    def __post_init__(self) -> None:
        self._random = np.random.default_rng(self.exploration.seed)
        if self.exploration.policy is Policy.THOMPSON:
            spread = self.exploration.spread
            if spread is None:
                raise ValueError("expected the spread of each candidate for Thompson sampling, given none")
            self._noise = self._random.standard_normal((DRAWS, len(spread)))
            self._noise *= self.exploration.strength * spread

    def choose(self, values: Doubles, by_relevance: Indices) -> int:
        """Draw the next item; see Choose. At least one value is finite."""
        match self.exploration.policy:
            case Policy.NONE:
                chosen, propensity = pick_best(values, by_relevance), 1.0
            case Policy.EPSILON:
                chosen, propensity = self._draw_epsilon(values, by_relevance)
            case Policy.SOFTMAX:
                chosen, propensity = self._draw_softmax(values, by_relevance)
            case Policy.THOMPSON:
                chosen, propensity = self._draw_thompson(values)
        self.propensities.append(propensity)
        return chosen

    def _draw_epsilon(self, values: Doubles, by_relevance: Indices) -> tuple[int, float]:
        """With the rate of the strength any open candidate, else the best one; the exact propensity."""
        rate, best = self.exploration.strength, pick_best(values, by_relevance)
        is_open = np.flatnonzero(values > -np.inf)
        chosen = int(self._random.choice(is_open)) if self._random.random() < rate else best
        return chosen, rate / len(is_open) + (1 - rate) * (chosen == best)

    def _draw_softmax(self, values: Doubles, by_relevance: Indices) -> tuple[int, float]:
        """A draw from the softmax of the values; the exact propensity."""
        if self.exploration.strength <= 0:
            return pick_best(values, by_relevance), 1.0
        shares = find_shares(values, self.exploration.strength)
        chosen = int(self._random.choice(len(shares), p=shares))
        return chosen, float(shares[chosen])

    def _draw_thompson(self, values: Doubles) -> tuple[int, float]:
        """The best of one draw of all values; the share of the draws in which it is the best estimates the propensity.

        The draw of the list is one of them, so that no propensity is 0.
        """
        if self._noise is None:
            raise ValueError("expected noise for Thompson sampling, given none")
        best = (values + self._noise).argmax(axis=1)
        return int(best[0]), float((best == best[0]).mean())
