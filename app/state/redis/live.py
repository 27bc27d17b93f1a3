"""The live counts in Redis: sorted sets by bucket of time, to which the append of events adds in the same script.

What is kept of a user, for a half-life: the period of the user's last event that counts, digests of the items that
were counted in it, of which each counts once, and those of the last USER_PAIRS items.

    counted = period u32, number u16, so many digests of 8 bytes, then up to USER_PAIRS digests
"""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from app.state.limits import StoreLimits
from app.state.protocol.live import LEAST_PAIR, USER_PAIRS, Digests, ItemCounts, PairCounts
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.keys import Keys, UserKeys
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values
from models.contract.arrays import Doubles
from models.contract.live_statistics import HALF_LIVES, LiveWindow

DIGEST_BYTES = 8
READ_BUCKETS = 8
"""Buckets read in one round trip, so that an answer stays small."""
MOST_READ = 5_000
"""The most frequent items, or pairs, of a bucket that are read."""

COUNT_FUNCTION = f"""
local DIGEST, USER_PAIRS = {DIGEST_BYTES}, {USER_PAIRS}
"""
COUNT_FUNCTION += """
-- Keeps the `cap` members of a sorted set with the greatest counts, once there are a quarter more.
local function trim_counts(key, cap)
  local count = redis.call('ZCARD', key)
  if count > cap + cap / 4 then redis.call('ZREMRANGEBYRANK', key, 0, count - cap - 1) end
end

local function find_digest(digests, digest)
  local at = string.find(digests, digest, 1, true)
  while at and at % DIGEST ~= 1 do at = string.find(digests, digest, at + 1, true) end
  return at
end

-- keys: counted, version, items, pairs. limits: period, items of a user, items, pairs, seconds of a user, of the counts
local function count_items(keys, limits, digests)
  local period, value = tonumber(limits[1]), redis.call('GET', keys[1]) or ''
  local counted, last, added = '', '', 0
  if #value >= 6 then
    local before, number = struct.unpack('<IH', value)
    if before == period then counted = string.sub(value, 7, 6 + DIGEST * number) end
    last = string.sub(value, 7 + DIGEST * number)
  end
  for _, digest in ipairs(digests) do
    if #counted < DIGEST * tonumber(limits[2]) and not find_digest(counted, digest) then
      counted = counted .. digest
      redis.call('ZINCRBY', keys[3], 1, digest)
      for at = 1, #last, DIGEST do
        local other = string.sub(last, at, at + DIGEST - 1)
        if other ~= digest then
          redis.call('ZINCRBY', keys[4], 1, digest < other and digest .. other or other .. digest)
        end
      end
      added = added + 1
    end
    local at = find_digest(last, digest)
    if at then last = string.sub(last, 1, at - 1) .. string.sub(last, at + DIGEST) end
    last = string.sub(last .. digest, -DIGEST * USER_PAIRS)
  end
  redis.call('SET', keys[1], struct.pack('<IH', period, #counted / DIGEST) .. counted .. last, 'EX', limits[5])
  if added > 0 then
    redis.call('INCRBY', keys[2], added)
    for index = 3, 4 do
      trim_counts(keys[index], tonumber(limits[index]))
      redis.call('EXPIRE', keys[index], limits[6])
    end
  end
end
"""

_READ = Script("""
-- KEYS: a sorted set. ARGV: the least count, the most members. Answers the members and the counts, each as one text:
-- a list of thousands would keep its reader busy.
local found = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', ARGV[1], 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local members, counts = {}, {}
for at = 1, #found, 2 do
  members[#members + 1] = found[at]
  counts[#counts + 1] = found[at + 1]
end
return {table.concat(members), table.concat(counts, ' ')}
""")


def list_limits(at: float, limits: StoreLimits) -> list[Argument]:
    """The arguments of `count_items` after its keys, for events that count at a moment; 0 where none does."""
    if not at:
        return [0] * 6
    half_life_s = limits.live_half_life_s
    period = LiveWindow(half_life_s).period(at)
    bounds = (limits.live_user_items, limits.live_items, limits.live_pairs)
    return [period, *bounds, half_life_s, (HALF_LIVES + 1) * half_life_s]


def list_count_keys(at: float, keys: Keys, user: UserKeys, limits: StoreLimits) -> tuple[str, ...]:
    """The keys of `count_items` for events of one user that count at a moment; none for 0."""
    if not at:
        return ()
    window = LiveWindow(limits.live_half_life_s)
    buckets = (keys.live_items(window.bucket(at)), keys.live_pairs(window.pair_bucket(at)))
    return (user.counted, keys.live_version, *buckets)


def digest_item(item_id: str, keys: Sequence[bytes] = ()) -> bytes:
    """The digest of an item id, under the first key if there is one: without it nobody can try item ids."""
    return blake2b(item_id.encode(), digest_size=DIGEST_BYTES, key=keys[0] if keys else b"").digest()


class RedisLiveCounts:
    """The LiveStore over one Redis node."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._deadline_s = settings.write_timeout_s
        self._digest_keys = values.digest_keys
        self.half_life_s: float = settings.limits.live_half_life_s

    def digest(self, item_ids: Sequence[str]) -> Digests:
        """The digests, under the current key of sealed values if there is one."""
        digests = b"".join(digest_item(item_id, self._digest_keys) for item_id in item_ids)
        return np.frombuffer(digests, dtype=np.uint64)

    async def version(self) -> int:
        """One GET."""
        found = await self._client.run_command("GET", self._keys.live_version, deadline_s=self._deadline_s)
        return int(found or 0)

    async def read_items(self, buckets: Sequence[int]) -> list[ItemCounts]:
        """One pipeline for every READ_BUCKETS buckets."""
        answers = await self._read([self._keys.live_items(bucket) for bucket in buckets], 1, MOST_READ)
        return [ItemCounts(_to_digests(members, 1)[:, 0], _to_counts(counts)) for members, counts in answers]

    async def read_pairs(self, buckets: Sequence[int]) -> list[PairCounts]:
        """One pipeline for every READ_BUCKETS buckets."""
        keys, found = [self._keys.live_pairs(bucket) for bucket in buckets], []
        for members, counts in await self._read(keys, LEAST_PAIR, MOST_READ):
            pairs = _to_digests(members, 2)
            found.append(PairCounts(pairs[:, 0], pairs[:, 1], _to_counts(counts)))
        return found

    async def _read(self, keys: Sequence[str], least: int, most: int) -> list[tuple[bytes, bytes]]:
        answers: list[tuple[bytes, bytes]] = []
        for start in range(0, len(keys), READ_BUCKETS):
            calls = [Call((key,), [least, most]) for key in keys[start : start + READ_BUCKETS]]
            answers += await self._client.run_scripts(_READ, calls, self._deadline_s)
        return answers


def _to_digests(members: bytes, width: int) -> Digests:
    """The members [m] of a sorted set as digests [m, width]."""
    return np.frombuffer(members, dtype=np.uint64).reshape(-1, width)


def _to_counts(counts: bytes) -> Doubles:
    """The counts [m] of the members."""
    return np.array(counts.split(), dtype=np.float64)
