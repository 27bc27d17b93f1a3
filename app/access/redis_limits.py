"""The levels of limits in Redis, so that replicas agree: one atomic script for all limits of a call.

The library `limits` would need a round trip for each limit, charges the first ones although a later one refuses, and
never admits a call that costs more than a limit. It also has no time limit and no fault codes for its connection.
"""

from collections.abc import Sequence

from app.access.buckets import Level
from app.access.limits import Charge, Refusal, Verdict
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.keys import digest
from app.state.redis.scripts import Script

# The arithmetic is that of app.access.buckets; one test runs both on the same calls.
CHARGE = Script("""
-- KEYS: levels. ARGV: the time ('' for the clock of Redis), then for each level capacity, window_s, 1 for a quota, cost
-- Answers the place of the limit that refused (0: none), the seconds to wait, the time, then the units used of each.
local now = tonumber(ARGV[1])
if not now then
  local clock = redis.call('TIME')
  now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
end
local refused, wait, used, after = 0, 0, {}, {}
for place = 1, #KEYS do
  local at = 4 * place - 2
  local capacity, window, cost = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 3])
  local is_quota = ARGV[at + 2] == '1'
  local level, stamp = string.match(redis.call('GET', KEYS[place]) or '', '^(%S+) (%S+)$')
  level, stamp = tonumber(level or 0), tonumber(stamp or now)
  local reset
  if is_quota then
    if math.floor(now / window) > math.floor(stamp / window) then level = 0 end
    reset = window - now % window
  else
    level = math.max(0, level - math.max(0, now - stamp) * capacity / window)
    reset = (level + cost) * window / capacity
  end
  local excess = level + math.min(cost, capacity) - capacity
  if excess > 0.000001 and refused == 0 then
    refused, wait = place, is_quota and reset or excess * window / capacity
  end
  used[place], after[place] = level, {level + cost, reset}
end
if refused == 0 then
  for place = 1, #KEYS do
    used[place] = after[place][1]
    local value = string.format('%.9f %.6f', after[place][1], now)
    redis.call('SET', KEYS[place], value, 'PX', math.ceil(after[place][2] * 1000) + 1000)
  end
end
local answer = {refused, string.format('%.6f', wait), string.format('%.6f', now)}
for place = 1, #KEYS do answer[place + 3] = string.format('%.9f', used[place]) end
return answer
""")


class RedisLimiter:
    """Levels in Redis. A key's name has a digest of the key's id or the peer's address."""

    def __init__(self, client: RedisClient, prefix: str, deadline_s: float) -> None:
        self._client = client
        self._prefix = prefix
        self._deadline_s = deadline_s

    async def charge(self, charges: Sequence[Charge], now: float | None = None) -> Verdict:
        """Charge all limits, or none if one of them refuses, at the time of Redis unless another is given."""
        keys = tuple(
            f"{self._prefix}:limit:{item.limit.name}:{digest(item.subject).hex()}" for item in charges
        )
        arguments: list[Argument] = ["" if now is None else repr(now)]
        for item in charges:
            arguments += [item.limit.capacity, item.limit.window_s, int(item.limit.is_quota), item.cost]
        place, wait, at, *used = await self._client.run_script(
            CHARGE, Call(keys, arguments), self._deadline_s
        )
        levels = tuple(
            (item.limit, Level(float(value), float(at))) for item, value in zip(charges, used, strict=True)
        )
        refusal = Refusal(charges[place - 1].limit, float(wait)) if place else None
        return Verdict(levels, refusal)
