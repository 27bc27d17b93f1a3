"""The town: who takes what, by taste, drift, fatigue, trends, and by which items are alive on a day."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.closed_loop.tastes import Floats, Tastes

LIST = 10
EXAMINED = 0.85
"""A place is looked at with this probability if the one above was."""
INTERCEPT, SLOPE = -2.0, 1.2
FATIGUE = 1.0
RECENT = 5
"""The last items taken, of which similar ones tire."""
DRIFT = 0.05
TREND, TREND_DAYS = 1.5, 3
BORN, DIE = 0.25, 0.1
"""The shares of the items that are born, and that die, within the simulated days."""


@dataclass(frozen=True, slots=True)
class Lives:
    """The first day of each item, and the first without it."""

    born: NDArray[np.int64]  # [items], 0: before the first day
    dies: NDArray[np.int64]  # [items]

    def alive(self, day: int) -> NDArray[np.bool_]:
        """Which items [items] there are on a day."""
        return (self.born <= day) & (day < self.dies)


def draw_lives(items: int, days: int, seed: int) -> Lives:
    """Births on days 1 to `days`, and deaths of other items on the same days."""
    random = np.random.default_rng(seed)
    order = random.permutation(items)
    births, deaths = int(items * BORN), int(items * DIE)
    born = np.zeros(items, np.int64)
    dies = np.full(items, days + 1, np.int64)
    born[order[:births]] = random.integers(1, days + 1, births)
    dies[order[births : births + deaths]] = random.integers(1, days + 1, deaths)
    return Lives(born, dies)


def standardise(values: Floats) -> Floats:
    """Mean 0 and deviation 1 over all; zeros stay zeros."""
    deviation = values.std()
    centred: Floats = values - values.mean()
    return centred / deviation if deviation else centred


def trend(genres: tuple[tuple[str, ...], ...], day: int, seed: int) -> Floats:
    """[items]: TREND for the items of the genre that is in fashion on a day, else 0."""
    labels = sorted({label for row in genres for label in row})
    label = labels[np.random.default_rng([seed, day // TREND_DAYS]).integers(len(labels))]
    return np.array([TREND if label in row else 0.0 for row in genres])


def examination(places: int) -> Floats:
    """The probability [places] with which each place is looked at."""
    looked: Floats = EXAMINED ** np.arange(places, dtype=np.float64)
    return looked


@dataclass(slots=True)
class Town:
    """Tastes that drift from day to day, and what each user has taken, in order."""

    tastes: Tastes
    lives: Lives
    seed: int
    taken: dict[int, list[int]] = field(default_factory=dict)

    def affinity(self, day: int) -> Floats:
        """Standardised liking [users, items] on a day; the drift is the same for every policy."""
        users = self.tastes.users
        steps = np.random.default_rng([self.seed, 1]).normal(size=(max(day, 0), *users.shape))
        drifted = users + DRIFT * users.std() * steps.sum(0)
        return standardise(drifted @ self.tastes.vectors.T) + standardise(self.tastes.quality)

    def fatigue(self, user: int) -> Floats:
        """[items], 0 to 1: the mean cosine with the last items taken, where it is positive."""
        recent = self.taken.get(user, [])[-RECENT:]
        vectors = self.tastes.vectors
        if not recent:
            return np.zeros(len(vectors))
        units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
        tired: Floats = np.maximum((units @ units[recent].T).mean(1), 0.0)
        return tired

    def chances(self, user: int, liking: Floats, fashion: Floats) -> Floats:
        """The probability [items] of taking each item when it is looked at; 0 for what was taken."""
        logit = INTERCEPT + SLOPE * liking + fashion - FATIGUE * self.fatigue(user)
        chances: Floats = 1 / (1 + np.exp(-logit))
        chances[self.taken.get(user, [])] = 0.0
        return chances


def reward(chances: Floats, places: NDArray[np.int64]) -> float:
    """The expected number of takes of a list of items."""
    return float(chances[places] @ examination(len(places)))


def find_best(chances: Floats, alive: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The best list of LIST places of living items."""
    living = np.flatnonzero(alive)
    return living[np.argsort(-chances[living], kind="stable")[:LIST]]


def draw_takes(chances: Floats, places: NDArray[np.int64], random: np.random.Generator) -> list[int]:
    """The ranks, from 0, that a user takes of a list."""
    examined = int(random.geometric(1 - EXAMINED))
    drawn = random.random(len(places)) < chances[places]
    return [rank for rank in range(min(examined, len(places))) if drawn[rank]]
