"""The experiments in memory, packed as in Redis, so that both stores accept and return the same."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from app.state.limits import StoreLimits
from app.state.protocol.experiments import Arm, ArmSums, ArmTake, Experiment, StoredExperiments
from app.state.redis.experiment_codec import pack_experiment, unpack_experiment

Numbers = tuple[int, int, float]
"""Answers, takes, and the value of the takes of one user."""
Revision = tuple[str, str]


class MemoryExperiments:
    """The ExperimentStore in the memory of this process."""

    def __init__(self, limits: StoreLimits, clock: Callable[[], float] = time.time) -> None:
        self._limits = limits
        self._clock = clock
        self._version = 0
        self._documents: dict[str, bytes] = {}
        self._sums: dict[Arm, ArmSums] = {}
        self._totals: dict[Arm, dict[str, float]] = {}
        self._users: dict[Revision, dict[str, Numbers]] = {}
        self._taken: OrderedDict[tuple[str, str], float] = OrderedDict()

    async def read(self) -> StoredExperiments:
        """All experiments."""
        return StoredExperiments(
            self._version, tuple(unpack_experiment(self._documents[name]) for name in sorted(self._documents))
        )

    async def write(self, experiment: Experiment, version: int) -> bool:
        """Store an experiment, unless another one was stored meanwhile."""
        if version != self._version:
            return False
        earlier = self._documents.get(experiment.name)
        if earlier is not None and unpack_experiment(earlier).revision != experiment.revision:
            self._drop(experiment.name)
        self._documents[experiment.name] = pack_experiment(experiment)
        self._version += 1
        return True

    async def delete(self, name: str) -> bool:
        """Remove an experiment."""
        if self._documents.pop(name, None) is None:
            return False
        self._drop(name)
        self._version += 1
        return True

    async def add_impressions(self, shown: Sequence[tuple[Arm, str]]) -> None:
        """Count one answer each."""
        for arm, user_id in shown:
            users, sums = self._users.setdefault(arm[:2], {}), self._sums.get(arm, ArmSums())
            if user_id in users:
                self._add(arm, user_id, sums, (1, 0, 0.0))
            elif len(users) < self._limits.experiment_users:
                self._add(arm, user_id, replace(sums, users=sums.users + 1), (1, 0, 0.0))
            else:
                self._sums[arm] = replace(sums, left_out=sums.left_out + 1)

    async def add_takes(self, takes: Sequence[ArmTake]) -> None:
        """Count takes, each once."""
        for take in takes:
            known = (take.recommendation_id, take.item_id)
            self._drop_old_takes()
            if take.user_id not in self._users.get(take.arm[:2], {}) or known in self._taken:
                continue
            self._taken[known] = self._clock()
            sums = self._sums[take.arm]
            if take.value is not None:
                sums = replace(sums, valued=sums.valued + 1)
            self._add(take.arm, take.user_id, sums, (0, 1, take.value or 0.0))

    async def read_sums(self, experiment: Experiment) -> Mapping[str, ArmSums]:
        """The sums of each variant."""
        return {
            variant.name: self._sums.get(experiment.arm(variant.name), ArmSums())
            for variant in experiment.variants
        }

    async def add_totals(self, arm: Arm, totals: Mapping[str, float]) -> None:
        """Add to the numbers of an arm."""
        sums = self._totals.setdefault(arm, {})
        for name, by in totals.items():
            sums[name] = sums.get(name, 0.0) + by

    async def read_totals(self, experiment: Experiment) -> Mapping[str, Mapping[str, float]]:
        """The numbers of each variant."""
        names = [variant.name for variant in experiment.variants]
        return {name: dict(self._totals.get(experiment.arm(name), {})) for name in names}

    def forget(self, user_ids: Iterable[str]) -> None:
        """Remove users from the numbers of every experiment; the sums stay."""
        for user_id in user_ids:
            for users in self._users.values():
                users.pop(user_id, None)

    def _add(self, arm: Arm, user_id: str, sums: ArmSums, more: Numbers) -> None:
        users = self._users[arm[:2]]
        n, y, v = users.get(user_id, (0, 0, 0.0))
        m, z, w = n + more[0], y + more[1], v + more[2]
        users[user_id] = (m, z, w)
        self._sums[arm] = replace(
            sums,
            impressions=sums.impressions + more[0],
            takes=sums.takes + more[1],
            value=sums.value + more[2],
            impressions_squared=sums.impressions_squared + m * m - n * n,
            takes_squared=sums.takes_squared + z * z - y * y,
            value_squared=sums.value_squared + w * w - v * v,
            impressions_by_takes=sums.impressions_by_takes + m * z - n * y,
            impressions_by_value=sums.impressions_by_value + m * w - n * v,
        )

    def _drop(self, name: str) -> None:
        self._sums = {arm: sums for arm, sums in self._sums.items() if arm.experiment != name}
        self._totals = {arm: sums for arm, sums in self._totals.items() if arm.experiment != name}
        self._users = {key: users for key, users in self._users.items() if key[0] != name}

    def _drop_old_takes(self) -> None:
        oldest = self._clock() - self._limits.impression_ttl_s
        while self._taken and (
            next(iter(self._taken.values())) < oldest or len(self._taken) >= self._limits.impression_cap
        ):
            self._taken.popitem(last=False)
