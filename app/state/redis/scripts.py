"""Lua scripts for the atomic writes in Redis, with the offsets of `app.state.redis.codec`.

Each script reads and checks first and writes last, so that an error leaves no partial write; those of
`app.state.redis.erasure` delete first, so that a full Redis does not refuse them. All keys are passed in
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

OPEN_STORE = Script("""
-- KEYS: installation key, naming, sealing. ARGV: a fresh key, the mark of the caller's naming, the mark of none, then
-- the marks of the keys under which the caller can read values, the first of which seals new ones
-- Answers the key, the mark of the naming and that of the sealing ('' for none) that are stored now: the given ones if
-- there was no key. The mark of none is not stored: a store with a key and without a mark has ids.
local key, naming, sealing = redis.call('GET', KEYS[1]), ARGV[2], redis.call('GET', KEYS[3]) or ''
if key then
  naming = redis.call('GET', KEYS[2]) or ARGV[3]
  if naming ~= ARGV[2] then return {key, naming, sealing} end
end
-- The caller may use the store, if it can read what is sealed: clear text, or values under a key that it has.
local readable = sealing == ''
for index = 4, #ARGV do readable = readable or ARGV[index] == sealing end
if not readable then return {key or '', naming, sealing} end
if ARGV[4] and ARGV[4] ~= sealing then redis.call('SET', KEYS[3], ARGV[4]) end
if key then return {key, naming, sealing} end
if naming ~= ARGV[3] then redis.call('SET', KEYS[2], naming) end
redis.call('SET', KEYS[1], ARGV[1])
return {ARGV[1], naming, sealing}
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

EXPORT_USER = Script("""
-- KEYS: events, past items, profile, erased, merged, catalogue version, aliases, event ids
-- Answers the values of all keys but the last two, then the ids merged into the user, and the bytes of the event ids.
local answer = redis.call('MGET', unpack(KEYS, 1, 6))
answer[7] = redis.call('LRANGE', KEYS[7], 0, -1)
answer[8] = redis.call('STRLEN', KEYS[8])
return answer
""")
