"""Make one sealed block of a user's many, and trim them: what the append's script cannot do without the key."""

from collections.abc import Sequence
from hashlib import sha1

from app.state.redis.client import Call, RedisClient
from app.state.redis.codec import Record, pack_past_items, pack_value, unpack_past_order, unpack_records
from app.state.redis.histories import History, pack_all, trim_history
from app.state.redis.keys import Keys, UserKeys
from app.state.redis.scripts import Script
from app.state.redis.sealed_history import open_history, pack_history
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values

CHUNK = 16
"""Users in one round trip, so that the event loop is not blocked for long."""

REPLACE_USER = Script("""
-- KEYS: events, past items, profile. ARGV: ttl_s, SHA-1 of each that must be stored now ('' for none), new values of
-- each ('' to leave the stored one)
-- Answers 1 if they are replaced; 0 if others are stored by now, which the next append finds.
for index = 1, 3 do
  local value = redis.call('GET', KEYS[index])
  if (value and redis.sha1hex(value) or '') ~= ARGV[1 + index] then return 0 end
end
for index = 1, 3 do
  if ARGV[4 + index] ~= '' then redis.call('SET', KEYS[index], ARGV[4 + index], 'EX', ARGV[1]) end
end
return 1
""")


class Compaction:
    """Compacts what is stored of users over one client, and seals it anew under the current key."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._limits = settings.limits
        self._deadline_s = settings.write_timeout_s
        self._values = values

    async def run(self, user_ids: Sequence[str]) -> None:
        """Two round trips for each chunk of users; a user that changes meanwhile stays as it is.

        Raises StateUnavailableError.
        """
        for start in range(0, len(user_ids), CHUNK):
            users = [self._keys.user(user_id) for user_id in user_ids[start : start + CHUNK]]
            names = [name for user in users for name in (user.events, user.past_items, user.profile)]
            stored = await self._client.run_command("MGET", *names, deadline_s=self._deadline_s)
            calls = [
                self._build_call(user, stored[at : at + 3])
                for user, at in zip(users, range(0, len(stored), 3), strict=True)
                if stored[at] is not None
            ]
            await self._client.run_scripts(REPLACE_USER, calls, self._deadline_s)

    def _build_call(self, user: UserKeys, stored: Sequence[bytes | None]) -> Call:
        """The call that replaces a user's values. A profile that cannot be read is left, and so are foreign blocks."""
        events, past, profile = stored
        opened = open_history(events, user.events, self._values)
        records: list[Record] = self._values.unpack(unpack_records, opened.value, [])
        past_items: list[str] = self._values.unpack(unpack_past_order, past, [], user.past_items)
        history = trim_history(History(records, past_items), self._limits)
        value = pack_value(pack_all(history.records))
        document = self._values.unpack(bytes, profile, b"", user.profile)
        replaced = [
            pack_history(value, user.events, self._values, opened.foreign),
            self._seal(pack_past_items(history.past_items) if history.past_items else b"", user.past_items),
            self._seal(document, user.profile),
        ]
        keys = (user.events, user.past_items, user.profile)
        return Call(keys, [self._limits.ttl_s, *map(digest_value, stored), *replaced])

    def _seal(self, content: bytes, place: str) -> bytes:
        """The sealed content; empty for none."""
        return self._values.seal(content, place) if content else b""


def digest_value(stored: bytes | None) -> str:
    """By which a script sees whether a value is still stored; empty for none. SHA-1 is what Redis has."""
    return "" if stored is None else sha1(stored, usedforsecurity=False).hexdigest()
