"""Make one sealed block of a user's many, and trim the history: what the append's script cannot do without the key."""

from collections.abc import Sequence
from hashlib import sha1

from app.state.redis.client import Call, RedisClient
from app.state.redis.codec import pack_past_items, pack_value, unpack_past_order, unpack_records
from app.state.redis.histories import History, pack_all, trim_history
from app.state.redis.keys import Keys
from app.state.redis.scripts import Script
from app.state.redis.sealed_history import open_history, pack_history
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values

CHUNK = 16
"""Users in one round trip, so that the event loop is not blocked for long."""

REPLACE_HISTORY = Script("""
-- KEYS: events, past items. ARGV: SHA-1 of both that must be stored now ('' for none), events, past items ('' to leave
-- them), ttl_s
-- Answers 1 if they are replaced; 0 if others are stored by now, which the next append finds.
for index = 1, 2 do
  local value = redis.call('GET', KEYS[index])
  if (value and redis.sha1hex(value) or '') ~= ARGV[index] then return 0 end
end
redis.call('SET', KEYS[1], ARGV[3], 'EX', ARGV[5])
if ARGV[4] ~= '' then redis.call('SET', KEYS[2], ARGV[4], 'EX', ARGV[5]) end
return 1
""")


class Compaction:
    """Compacts users' histories over one client."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings
        self._values = values

    async def run(self, user_ids: Sequence[str]) -> None:
        """Two round trips for each chunk of users; a history that changes meanwhile stays as it is.

        Raises StateUnavailableError.
        """
        deadline_s = self._settings.write_timeout_s
        for start in range(0, len(user_ids), CHUNK):
            chunk = user_ids[start : start + CHUNK]
            names = [name for user_id in chunk for name in self._names(user_id)]
            stored = await self._client.run_command("MGET", *names, deadline_s=deadline_s)
            calls = [
                self._build_call(user_id, events, past)
                for user_id, events, past in zip(chunk, stored[::2], stored[1::2], strict=True)
                if events is not None
            ]
            await self._client.run_scripts(REPLACE_HISTORY, calls, deadline_s)

    def _names(self, user_id: str) -> tuple[str, str]:
        keys = self._keys.user(user_id)
        return keys.events, keys.past_items

    def _build_call(self, user_id: str, events: bytes, past: bytes | None) -> Call:
        """The call that replaces these values by compact ones, in which everything is sealed."""
        names = self._names(user_id)
        opened = open_history(events, names[0], self._values)
        before = History(
            self._values.unpack(unpack_records, opened.value, []),
            self._values.unpack(unpack_past_order, past, [], names[1]),
        )
        after = trim_history(before, self._settings.limits)
        value = pack_value(pack_all(after.records))
        packed = pack_history(value, names[0], self._values, opened.foreign)
        past_items = (
            b"" if not after.past_items else self._values.seal(pack_past_items(after.past_items), names[1])
        )
        limits = self._settings.limits
        return Call(names, [digest_value(events), digest_value(past), packed, past_items, limits.ttl_s])


def digest_value(stored: bytes | None) -> str:
    """By which a script sees whether a value is still stored; empty for none. SHA-1 is what Redis has."""
    return "" if stored is None else sha1(stored, usedforsecurity=False).hexdigest()
