"""Lua scripts for the atomic writes in Redis, with the offsets of `app.state.redis.codec`.

Each script reads and checks first and writes last, so that an error leaves no partial write. All keys are passed in
KEYS, but the stream is in another cluster slot than a user's keys: the scripts need a single node (with replicas); a
cluster would need a stream for each slot.
"""

from dataclasses import dataclass, field
from hashlib import sha1


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua source and the hash by which Redis knows it."""

    source: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        # Redis names scripts by SHA-1; it has no security purpose here.
        object.__setattr__(self, "sha", sha1(self.source.encode(), usedforsecurity=False).hexdigest())


ERASE_USER = Script("""
-- KEYS: events, event ids, profile, erased, stream, past items, aliases, merged.
-- ARGV: now, 1 for a lasting mark, else 0, ttl_s
-- Answers events deleted, profiles deleted, the stream's last id ('' if it is empty), the ids merged into the user.
local head = redis.call('GETRANGE', KEYS[1], 0, 4)
local count = #head == 5 and struct.unpack('<I', head, 2) or 0
local last = redis.call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', 1)
local lasting = ARGV[2] == '1' or redis.call('TTL', KEYS[4]) == -1
if lasting or redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3], KEYS[6], KEYS[7]) > 0 then
  redis.call('SET', KEYS[4], ARGV[1])
else
  redis.call('SET', KEYS[4], ARGV[1], 'EX', ARGV[3])
end
local profile = redis.call('DEL', KEYS[3])
local aliases = redis.call('LRANGE', KEYS[7], 0, -1)
redis.call('DEL', KEYS[1], KEYS[2], KEYS[6], KEYS[7], KEYS[8])
return {count, profile, last[1] and last[1][1] or '', aliases}
""")

ERASE_STREAM = Script("""
-- KEYS: stream. ARGV: from, to, entries to look at, user ids
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

CHANGE_ITEM = Script("""
-- KEYS: items, changes, version. ARGV: item id, document or tombstone, item_cap, and optionally the document that
-- must be stored now ('' for none).
-- Answers the new version, -1 if there is no room, -2 if another document is stored.
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if ARGV[4] and ARGV[4] ~= (stored or '') then return -2 end
if not stored and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
local version = redis.call('INCR', KEYS[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], version, ARGV[1])
return version
""")

SET_ONCE = Script("""
-- KEYS: any. ARGV: value
-- Answers the value that is stored now: the given one if there was none.
local stored = redis.call('GET', KEYS[1])
if stored then return stored end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
""")

PUT_PROFILE = Script("""
-- KEYS: profile. ARGV: document, ttl_s
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return 1
""")

CHANGED_ITEMS = Script("""
-- KEYS: items, changes, version. ARGV: since, most items to answer
-- Answers the version, the version up to which this answer goes, then item id and document in turn.
local version = tonumber(redis.call('GET', KEYS[3]) or '0')
local changes = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local answer = {version, version}
if #changes == 2 * tonumber(ARGV[2]) then answer[2] = tonumber(changes[#changes]) end
for at = 1, #changes, 2 do
  answer[#answer + 1] = changes[at]
  answer[#answer + 1] = redis.call('HGET', KEYS[1], changes[at])
end
return answer
""")
