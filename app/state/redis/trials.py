"""The trials of new items in Redis: for each day a hash of impressions by the digest of the item."""

from collections.abc import Mapping, Sequence

import numpy as np

from app.state.limits import DAY_S
from app.state.protocol.live import Digests, ItemCounts
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.keys import Keys
from app.state.redis.live import digest_item
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values

_ADD = Script("""
-- KEYS: the counts of a day, the counter of additions. ARGV: when the counts expire, most items, then in turn the
-- digest of an item and its impressions
local room = tonumber(ARGV[2]) - redis.call('HLEN', KEYS[1])
for at = 3, #ARGV, 2 do
  local is_new = redis.call('HEXISTS', KEYS[1], ARGV[at]) == 0
  if not is_new or room > 0 then
    redis.call('HINCRBY', KEYS[1], ARGV[at], ARGV[at + 1])
    if is_new then room = room - 1 end
  end
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
redis.call('INCR', KEYS[2])
return 1
""")


class RedisTrials:
    """The TrialStore over one Redis node."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._deadline_s = settings.write_timeout_s
        self._digest_keys = values.digest_keys
        self._most = settings.limits.trial_items
        self.days: int = settings.limits.trial_days

    def digest(self, item_ids: Sequence[str]) -> Digests:
        """The digests, under the current key of sealed values if there is one."""
        digests = b"".join(digest_item(item_id, self._digest_keys) for item_id in item_ids)
        return np.frombuffer(digests, dtype=np.uint64)

    async def add_shown(self, shown: Mapping[str, int], day: int) -> None:
        """One atomic script."""
        arguments: list[Argument] = [(day + 1 + self.days) * DAY_S, self._most]
        for item_id, count in shown.items():
            arguments += [digest_item(item_id, self._digest_keys), count]
        keys = (self._keys.trials(day), self._keys.trials_version)
        await self._client.run_scripts(_ADD, [Call(keys, arguments)], self._deadline_s)

    async def version(self) -> int:
        """One GET."""
        found = await self._client.run_command("GET", self._keys.trials_version, deadline_s=self._deadline_s)
        return int(found or 0)

    async def read_shown(self, days: Sequence[int]) -> list[ItemCounts]:
        """One HGETALL a day, in turn, so that other calls come between."""
        found = []
        for day in days:
            fields = await self._client.run_command(
                "HGETALL", self._keys.trials(day), deadline_s=self._deadline_s
            )
            found.append(ItemCounts.of(fields))
        return found
