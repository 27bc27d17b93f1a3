"""Erase a user in Redis: delete first, which needs no memory, then write the mark of the erasure."""

from typing import Any

from app.state.protocol import StoreFault, UnmarkedErasureError
from app.state.redis.client import Call, RedisClient
from app.state.redis.experiments import RedisExperiments
from app.state.redis.keys import Keys
from app.state.redis.marks import pack_erased
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings

STREAM_CHUNK = 1_000
"""Stream entries read in one round trip, so that no script blocks Redis for long."""

# A full Redis refuses the first write of a script that needs memory, and no write after a deletion (script_call in
# Redis' script.c). So each script that must work then deletes first.
ERASE_USER = Script("""
-- KEYS: events, event ids, profile, erased, stream, past items, aliases, merged, counted.
-- ARGV: mark, 1 for a lasting mark, else 0, ttl_s
-- Answers events deleted, profiles deleted, the stream's last id ('' if it is empty), the ids merged into the user,
-- the user into whom this one was merged ('' for none), 1 if the mark is written.
local head = redis.call('GETRANGE', KEYS[1], 0, 4)
local count = #head == 5 and struct.unpack('<I', head, 2) or 0
local last = redis.call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', 1)
local aliases = redis.call('LRANGE', KEYS[7], 0, -1)
local merged = redis.call('GET', KEYS[8]) or ''
local lasting = ARGV[2] == '1' or redis.call('TTL', KEYS[4]) == -1
  or redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3], KEYS[6], KEYS[7]) > 0
local profile = redis.call('DEL', KEYS[3])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[6], KEYS[7], KEYS[8], KEYS[9])
local mark = {'SET', KEYS[4], ARGV[1]}
if not lasting then mark = {'SET', KEYS[4], ARGV[1], 'EX', ARGV[3]} end
local written = redis.pcall(unpack(mark))
return {count, profile, last[1] and last[1][1] or '', aliases, merged, written['err'] and 0 or 1}
""")

ERASE_ALIAS = Script("""
-- KEYS: event ids, merged, erased, counted of an id that was merged into the user. ARGV: mark, ttl_s
-- Its events came later and stay. Answers 1 if the mark is written.
local lasting = redis.call('TTL', KEYS[3]) == -1
redis.call('DEL', KEYS[1], KEYS[2], KEYS[4])
local mark = {'SET', KEYS[3], ARGV[1]}
if not lasting then mark = {'SET', KEYS[3], ARGV[1], 'EX', ARGV[2]} end
return redis.pcall(unpack(mark))['err'] and 0 or 1
""")

ERASE_STREAM = Script("""
-- KEYS: stream of events or of impressions. ARGV: from, to, entries to look at, names of users
-- Answers entries deleted, and the last id looked at ('' when there is no more).
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
local ids, users = {}, {}
for index = 4, #ARGV do users[ARGV[index]] = true end
for _, entry in ipairs(entries) do
  if users[entry[2][2]] then ids[#ids + 1] = entry[1] end -- the value of the first field
end
if #ids > 0 then redis.call('XDEL', KEYS[1], unpack(ids)) end
return {#ids, #entries == tonumber(ARGV[3]) and entries[#entries][1] or ''}
""")

REQUEST_REWRITE = Script("""
-- KEYS: request of a rewrite of the append-only file. ARGV: a new value
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1])
return 1
""")


class RedisErasure:
    """Erases users over one client."""

    def __init__(
        self, client: RedisClient, keys: Keys, settings: RedisSettings, experiments: RedisExperiments
    ) -> None:
        self._client = client
        self._keys = keys
        self._experiments = experiments
        self._ttl_s = settings.limits.ttl_s
        self._rewrites = settings.erasure_delay_s is not None
        self._deadline_s = settings.write_timeout_s

    async def erase(self, user_id: str, now: float, lasting: bool) -> dict[str, int]:
        """One atomic script for the user's keys, then the ids merged into the user, then both streams in chunks.

        If it fails on the way, erasing again finishes it. Raises UnmarkedErasureError at the end if a mark is missing.
        """
        name, mark = self._keys.name(user_id), pack_erased(now)
        keys = self._keys.user_named(name)
        call = Call(
            (
                *(keys.events, keys.event_ids, keys.profile, keys.erased, self._keys.stream),
                *(keys.past_items, keys.aliases, keys.merged, keys.counted),
            ),
            [mark, int(lasting), self._ttl_s],
        )
        events, profile, last_entry, aliases, merged, marked = await self._run(ERASE_USER, call)
        if merged:  # the id stands among those merged into the other user
            other = self._keys.user_named(merged.decode()).aliases
            await self._client.run_command("LREM", other, 0, name, deadline_s=self._deadline_s)
        names = [name, *(alias.decode() for alias in aliases)]
        of_aliases = [self._keys.user_named(alias) for alias in names[1:]]
        calls = [
            Call((alias.event_ids, alias.merged, alias.erased, alias.counted), [mark, self._ttl_s])
            for alias in of_aliases
        ]
        marks = [marked, *await self._client.run_scripts(ERASE_ALIAS, calls, self._deadline_s)]
        erased = await self._erase_stream(self._keys.stream, last_entry, names)
        await self._erase_impressions(names)
        await self._experiments.forget(names)
        if erased:  # the user's keys may have expired, but the stream still had events
            await self._client.run_command("PERSIST", keys.erased, deadline_s=self._deadline_s)
        if self._rewrites:
            await self._run(REQUEST_REWRITE, Call((self._keys.file_rewrite,), [mark]))
        if not all(marks):
            raise UnmarkedErasureError("expected room for the mark of an erasure", StoreFault.REFUSED)
        return {"events": events, "profile": profile, "stream": erased}

    async def _erase_impressions(self, names: list[str]) -> None:
        """Delete the impressions; those that are added later meet the mark."""
        stream = self._keys.impressions
        last = await self._client.run_command(
            *("XREVRANGE", stream, "+", "-", "COUNT", 1), deadline_s=self._deadline_s
        )
        await self._erase_stream(stream, last[0][0] if last else b"", names)

    async def _erase_stream(self, stream: str, last_entry: bytes, names: list[str]) -> int:
        """The number of entries deleted, one chunk per round trip, up to the last entry at the erasure's beginning."""
        erased, start = 0, "-"
        while start and last_entry:
            call = Call((stream,), [start, last_entry, STREAM_CHUNK, *names])
            count, seen = await self._run(ERASE_STREAM, call)
            erased, start = erased + count, f"({seen.decode()}" if seen else ""
        return erased

    async def _run(self, script: Script, call: Call) -> Any:
        return await self._client.run_script(script, call, self._deadline_s)
