"""Protocol of experiments: their definitions, and what each user of an arm was shown and took."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

import orjson

MOST_EXPERIMENTS = 100
"""Experiments of one tenant, those that ended included."""


class Arm(NamedTuple):
    """One variant of one experiment as it was defined at some time."""

    experiment: str
    revision: str
    variant: str


class Mode(StrEnum):
    """The use that an experiment makes of its variants."""

    SPLIT = "split"  # each user is answered by one of them
    SHADOW = "shadow"  # nobody is: users of others than the first one are answered once more, unseen


class NamedBundle(NamedTuple):
    """A bundle by its name in the folder of bundles, of one version: another one of that name is none."""

    name: str
    model_version: str


_OF_BUNDLE = ("bundle", "model_version")


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of answering, and the share of users who get it."""

    name: str
    share: float  # above 0, at most 1
    overrides: Mapping[str, Any] = field(default_factory=dict)  # field of a variant -> its value, as JSON

    @property
    def bundle(self) -> NamedBundle | None:
        """The bundle that answers; None for the one in use."""
        name, version = (self.overrides.get(part) for part in _OF_BUNDLE)
        return None if name is None else NamedBundle(str(name), str(version))

    @property
    def of_request(self) -> dict[str, Any]:
        """Field of a request -> its value, as JSON."""
        return {name: value for name, value in self.overrides.items() if name not in _OF_BUNDLE}


@dataclass(frozen=True, slots=True)
class Experiment:
    """Variants of an answer, between which the users are split."""

    name: str
    salt: str  # the key of the split
    variants: tuple[Variant, ...]  # the first one is what the others are compared with
    scene: str | None = None  # None: every request, of any scene and of none
    start: float | None = None  # Unix seconds; None: at once
    stop: float | None = None  # None: until it is deleted
    changed_at: float = 0.0  # Unix seconds, since when salt, variants and scene are these
    mode: str = Mode.SPLIT

    @property
    def revision(self) -> str:
        """A digest of all that decides which user gets which answer: numbers of two revisions do not add up."""
        parts = [self.salt, self.scene, *((each.name, each.share, each.overrides) for each in self.variants)]
        if self.mode != Mode.SPLIT:
            parts.append(self.mode)
        content = orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)
        return blake2b(content, digest_size=8).hexdigest()

    def arm(self, variant: str) -> Arm:
        """The arm of one of the variants."""
        return Arm(self.name, self.revision, variant)


@dataclass(frozen=True, slots=True)
class StoredExperiments:
    """The experiments by name, and a number that changes with every change of one of them."""

    version: int = 0
    experiments: tuple[Experiment, ...] = ()


@dataclass(frozen=True, slots=True)
class ArmTake:
    """An item of an answer that was taken."""

    arm: Arm
    user_id: str
    recommendation_id: str
    item_id: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class ArmSums:
    """Sums over the users of an arm, of whom each has n answers, y takes, and v, the value of the takes."""

    users: int = 0
    impressions: float = 0.0  # sum of n
    takes: float = 0.0  # sum of y
    value: float = 0.0  # sum of v
    impressions_squared: float = 0.0  # sum of n * n, and so on
    takes_squared: float = 0.0
    value_squared: float = 0.0
    impressions_by_takes: float = 0.0
    impressions_by_value: float = 0.0
    valued: int = 0  # takes that had a value
    left_out: int = 0  # answers to users above the cap, who are in no other sum


class ExperimentStore(Protocol):
    """The experiments of a tenant, which all replicas share, and their numbers.

    Every method raises StateUnavailableError within its timeout, and never blocks the event loop.
    """

    async def read(self) -> StoredExperiments:
        """All experiments, in one round trip."""

    async def write(self, experiment: Experiment, version: int) -> bool:
        """Store an experiment in place of one of its name; the numbers of another revision are removed.

        False, with nothing stored, if the version is no longer this one.
        """

    async def delete(self, name: str) -> bool:
        """Remove an experiment and its numbers; False if there is none."""

    async def add_impressions(self, shown: Sequence[tuple[Arm, str]]) -> None:
        """Count one answer each for users of arms, in one round trip. Above the cap no user is added."""

    async def add_takes(self, takes: Sequence[ArmTake]) -> None:
        """Count takes of users who were counted, in one round trip; an item of an answer counts once."""

    async def read_sums(self, experiment: Experiment) -> Mapping[str, ArmSums]:
        """Variant -> the sums of the experiment's present revision."""

    async def add_totals(self, arm: Arm, totals: Mapping[str, float]) -> None:
        """Add to numbers of an arm, by names that are no fields of ArmSums."""

    async def read_totals(self, experiment: Experiment) -> Mapping[str, Mapping[str, float]]:
        """Variant -> name -> the sum of what was added for the experiment's present revision."""
