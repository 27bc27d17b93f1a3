"""The experiments in Redis: a hash of documents with a counter of changes, and the numbers of each revision.

The numbers of a revision are a hash of sums and a hash of users: a digest of the user -> answers, takes and value.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import partial

from app.state.protocol.experiments import Arm, ArmSums, ArmTake, Experiment, StoredExperiments
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.experiment_codec import pack_experiment, unpack_experiment
from app.state.redis.keys import Keys, digest
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values

WRITE = Script("""
-- KEYS: experiments, version, then the numbers to remove. ARGV: name, document, the version that must be stored now
-- Answers 1 if the document is written.
if (redis.call('GET', KEYS[2]) or '0') ~= ARGV[3] then return 0 end
redis.call('INCR', KEYS[2])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
if KEYS[3] then redis.call('UNLINK', unpack(KEYS, 3)) end
return 1
""")

DELETE = Script("""
-- KEYS: experiments, version, then the numbers to remove. ARGV: name
-- Answers 1 if there was one.
local found = redis.call('HDEL', KEYS[1], ARGV[1])
if found == 1 then redis.call('INCR', KEYS[2]) end
if KEYS[3] then redis.call('UNLINK', unpack(KEYS, 3)) end
return found
""")

# A user's value is answers and takes as 4 bytes each and the value as 8 bytes.
ADD = Script("""
-- KEYS: sums, users, and for a take the set of takes. ARGV: variant, user, most users, ttl in s, then for a take:
-- the take, value, 1 if it has a value, most takes, how long a take is known in ms
-- Answers 1 if it is counted.
local packed = redis.call('HGET', KEYS[2], ARGV[2])
local n, y, v, dn, dy, dv = 0, 0, 0, 1, 0, 0
if packed then n, y, v = struct.unpack('<IId', packed) end
local function add(name, by) redis.call('HINCRBYFLOAT', KEYS[1], ARGV[1] .. ':' .. name, string.format('%.17g', by)) end
if KEYS[3] then
  if not packed then return 0 end
  local clock = redis.call('TIME')
  local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', string.format('(%.0f', now - tonumber(ARGV[9])))
  if redis.call('ZADD', KEYS[3], 'NX', string.format('%.0f', now), ARGV[5]) == 0 then return 0 end
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - tonumber(ARGV[8]))
  redis.call('PEXPIRE', KEYS[3], ARGV[9])
  dn, dy, dv = 0, 1, tonumber(ARGV[6])
  if ARGV[7] == '1' then add('valued', 1) end
elseif not packed then
  if redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[3]) then
    add('left_out', 1)
    redis.call('EXPIRE', KEYS[1], ARGV[4])
    return 0
  end
  add('users', 1)
end
local m, z, w = n + dn, y + dy, v + dv
redis.call('HSET', KEYS[2], ARGV[2], struct.pack('<IId', m, z, w))
add('impressions', dn)
add('takes', dy)
add('value', dv)
add('impressions_squared', m * m - n * n)
add('takes_squared', z * z - y * y)
add('value_squared', w * w - v * v)
add('impressions_by_takes', m * z - n * y)
add('impressions_by_value', m * w - n * v)
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('EXPIRE', KEYS[2], ARGV[4])
return 1
""")

ADD_TOTALS = Script("""
-- KEYS: sums. ARGV: ttl in s, then fields and what is added to them
for at = 2, #ARGV, 2 do redis.call('HINCRBYFLOAT', KEYS[1], ARGV[at], ARGV[at + 1]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
""")

FORGET = Script("""
-- KEYS: users. ARGV: users
return redis.call('HDEL', KEYS[1], unpack(ARGV))
""")

TOTAL = "+"
"""Begins the names of totals, so that none is that of a sum."""
_WHOLE = frozenset({"users", "valued", "left_out"})


class RedisExperiments:
    """The ExperimentStore in Redis, of one tenant."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._values = values
        self._limits = settings.limits
        self._read_deadline_s, self._deadline_s = settings.timeout_s, settings.write_timeout_s

    async def read(self) -> StoredExperiments:
        """A GET, then an HGETALL where there is any experiment: a version that is too old is noticed by `write`."""
        version = await self._client.run_command(
            "GET", self._keys.experiments_version, deadline_s=self._read_deadline_s
        )
        if version is None:
            return StoredExperiments()
        documents = await self._client.run_command(
            "HGETALL", self._keys.experiments, deadline_s=self._read_deadline_s
        )
        unpacked = (
            self._values.unpack(partial(unpack_experiment), document, None) for document in documents.values()
        )
        known = sorted((each for each in unpacked if each is not None), key=lambda each: each.name)
        return StoredExperiments(int(version), tuple(known))

    async def write(self, experiment: Experiment, version: int) -> bool:
        """One atomic script, after the read of what it replaces."""
        earlier = await self._find(experiment.name)
        is_changed = earlier is not None and earlier.revision != experiment.revision
        removed = self._number_keys(earlier) if earlier is not None and is_changed else ()
        call = Call(
            (self._keys.experiments, self._keys.experiments_version, *removed),
            [experiment.name, pack_experiment(experiment), str(version)],
        )
        return bool(await self._client.run_script(WRITE, call, self._deadline_s))

    async def delete(self, name: str) -> bool:
        """One atomic script, after the read of what it removes."""
        found = await self._find(name)
        removed = () if found is None else self._number_keys(found)
        keys = (self._keys.experiments, self._keys.experiments_version, *removed)
        return bool(await self._client.run_script(DELETE, Call(keys, [name]), self._deadline_s))

    async def add_impressions(self, shown: Sequence[tuple[Arm, str]]) -> None:
        """One pipeline with an atomic script for each."""
        calls = [Call(self._keys.numbers(arm), self._name(arm, user_id)) for arm, user_id in shown]
        await self._client.run_scripts(ADD, calls, self._deadline_s)

    async def add_takes(self, takes: Sequence[ArmTake]) -> None:
        """One pipeline with an atomic script for each."""
        limits = self._limits
        calls = [
            Call(
                (*self._keys.numbers(take.arm), self._keys.arm_takes),
                [
                    *self._name(take.arm, take.user_id),
                    digest(f"{take.recommendation_id}\0{take.item_id}"),
                    repr(take.value or 0.0),
                    int(take.value is not None),
                    *(limits.impression_cap, limits.impression_ttl_s * 1000),
                ],
            )
            for take in takes
        ]
        await self._client.run_scripts(ADD, calls, self._deadline_s)

    async def read_sums(self, experiment: Experiment) -> Mapping[str, ArmSums]:
        """One HGETALL."""
        stored = await self._read_numbers(experiment)
        names = [field.name for field in fields(ArmSums)]
        sums = {}
        for variant in experiment.variants:
            values = {name: stored.get(f"{variant.name}:{name}", 0.0) for name in names}
            whole = {name: int(values[name]) for name in _WHOLE}
            sums[variant.name] = ArmSums(**{**values, **whole})  # type: ignore[arg-type]
        return sums

    async def add_totals(self, arm: Arm, totals: Mapping[str, float]) -> None:
        """One atomic script."""
        arguments: list[Argument] = [self._limits.experiment_ttl_s]
        for name, by in totals.items():
            arguments += [f"{arm.variant}:{TOTAL}{name}", repr(float(by))]
        call = Call((self._keys.numbers(arm)[0],), arguments)
        await self._client.run_script(ADD_TOTALS, call, self._deadline_s)

    async def read_totals(self, experiment: Experiment) -> Mapping[str, Mapping[str, float]]:
        """One HGETALL."""
        stored = await self._read_numbers(experiment)
        totals: dict[str, dict[str, float]] = {variant.name: {} for variant in experiment.variants}
        for key, value in stored.items():
            variant, _, name = key.partition(":")
            if name.startswith(TOTAL) and variant in totals:
                totals[variant][name.removeprefix(TOTAL)] = value
        return totals

    async def _read_numbers(self, experiment: Experiment) -> dict[str, float]:
        found = await self._client.run_command(
            "HGETALL", self._number_keys(experiment)[0], deadline_s=self._read_deadline_s
        )
        return {name.decode(): float(value) for name, value in found.items()}

    async def forget(self, names: Sequence[str]) -> None:
        """Remove users, as values call them, from the numbers of every experiment; the sums stay."""
        stored = await self.read()
        digests = [digest(name) for name in names]
        calls = [Call((self._number_keys(each)[1],), digests) for each in stored.experiments]
        await self._client.run_scripts(FORGET, calls, self._deadline_s)

    async def _find(self, name: str) -> Experiment | None:
        document = await self._client.run_command(
            "HGET", self._keys.experiments, name, deadline_s=self._read_deadline_s
        )
        return self._values.unpack(unpack_experiment, document, None)

    def _name(self, arm: Arm, user_id: str) -> list[Argument]:
        """The first arguments of ADD."""
        limits = self._limits
        return [
            arm.variant,
            digest(self._keys.name(user_id)),
            limits.experiment_users,
            limits.experiment_ttl_s,
        ]

    def _number_keys(self, experiment: Experiment) -> tuple[str, str]:
        return self._keys.numbers(Arm(experiment.name, experiment.revision, ""))
