"""The board of the replicas in Redis: one key for the order, one hash for the replicas."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from app.state.protocol.replicas import REPLICA_TTL_S, BundleOrder, Fleet, Refusal, Replica
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.keys import Keys
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings

# A field's value is the second of the announcement by the clock of Redis, a blank, and the replica as JSON.
ANNOUNCE = Script("""
-- KEYS: order, replicas. ARGV: replica id, replica, ttl_s
-- Removes replicas that are gone. Answers the order ('' for none), then the replicas.
local now, ttl_s = tonumber(redis.call('TIME')[1]), tonumber(ARGV[3])
redis.call('HSET', KEYS[2], ARGV[1], now .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[2], ttl_s)
local answer = {redis.call('GET', KEYS[1]) or ''}
local all = redis.call('HGETALL', KEYS[2])
for at = 1, #all, 2 do
  local seen, replica = string.match(all[at + 1], '^(%d+) (.*)$')
  if not seen or now - tonumber(seen) > ttl_s then
    redis.call('HDEL', KEYS[2], all[at])
  else
    answer[#answer + 1] = replica
  end
end
return answer
""")

ORDER = Script("""
-- KEYS: order, replicas. ARGV: replica id, replica, ttl_s, order
redis.call('SET', KEYS[1], ARGV[4])
redis.call('HSET', KEYS[2], ARGV[1], redis.call('TIME')[1] .. ' ' .. ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[3])
""")

READ = Script("""
-- KEYS: order, replicas. ARGV: ttl_s
-- Answers the order ('' for none), then the replicas that are not gone.
local now, ttl_s = tonumber(redis.call('TIME')[1]), tonumber(ARGV[1])
local answer = {redis.call('GET', KEYS[1]) or ''}
for _, value in ipairs(redis.call('HVALS', KEYS[2])) do
  local seen, replica = string.match(value, '^(%d+) (.*)$')
  if seen and now - tonumber(seen) <= ttl_s then answer[#answer + 1] = replica end
end
return answer
""")


class RedisReplicaBoard:
    """The ReplicaBoard in Redis. An order or a replica that cannot be read counts as absent."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings) -> None:
        self._client = client
        self._keys = (keys.bundle_order, keys.replicas)
        self._deadline_s = settings.write_timeout_s

    async def announce(self, replica: Replica) -> Fleet:
        """One atomic script."""
        call = Call(self._keys, [replica.replica_id, json.dumps(asdict(replica)), REPLICA_TTL_S])
        return _unpack_fleet(await self._client.run_script(ANNOUNCE, call, self._deadline_s))

    async def read(self) -> Fleet:
        """One script that only reads."""
        call = Call(self._keys, [REPLICA_TTL_S])
        return _unpack_fleet(await self._client.run_script(READ, call, self._deadline_s))

    async def order(self, order: BundleOrder, replica: Replica) -> None:
        """One atomic script."""
        arguments: list[Argument] = [
            replica.replica_id,
            json.dumps(asdict(replica)),
            REPLICA_TTL_S,
            json.dumps(asdict(order)),
        ]
        await self._client.run_script(ORDER, Call(self._keys, arguments), self._deadline_s)

    async def leave(self, replica_id: str) -> None:
        """One HDEL."""
        await self._client.run_command("HDEL", self._keys[1], replica_id, deadline_s=self._deadline_s)


def _unpack_fleet(answer: Sequence[bytes]) -> Fleet:
    packed_order, *packed = answer
    replicas = (_unpack_replica(value) for value in packed)
    known = sorted(
        (replica for replica in replicas if replica is not None), key=lambda replica: replica.replica_id
    )
    return Fleet(_unpack_order(packed_order), tuple(known))


def _unpack_order(packed: bytes) -> BundleOrder | None:
    try:
        return BundleOrder(**json.loads(packed)) if packed else None
    except (ValueError, TypeError):  # of another version
        return None


def _unpack_replica(packed: bytes) -> Replica | None:
    try:
        values: dict[str, Any] = json.loads(packed)
        refused = values.pop("refused")
        return Replica(**values, refused=None if refused is None else Refusal(**refused))
    except (ValueError, TypeError, KeyError):  # of another version
        return None
