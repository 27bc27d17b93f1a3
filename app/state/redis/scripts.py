"""The atomic writes, as Lua that runs inside Redis. The offsets are those of `app.state.redis.codec`.

Each script reads and checks first and writes last, so that an error leaves nothing half done. All keys are
passed in KEYS, but the stream lies in another cluster slot than a user's keys: these scripts want a single
node (with replicas); a cluster needs a stream a slot.
"""

from dataclasses import dataclass, field
from hashlib import sha1


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua source and the hash by which Redis knows it."""

    source: str
    sha: str = field(init=False)

    def __post_init__(self) -> None:
        # Redis names scripts by SHA-1; nothing is protected by it.
        object.__setattr__(self, "sha", sha1(self.source.encode(), usedforsecurity=False).hexdigest())


APPEND = Script("""
-- KEYS: events, event ids, profile, stream, past items
-- ARGV: max_events, stored_events, ttl_s, max_event_ids, event_id_ttl_s, stream_cap, user id, max_past_items,
--       then 10 for each event: id's digest ('' for none), record, and 8 for the stream
-- Answers 1 for each event stored, 0 for each duplicate.
local newest, most, FIRST, WIDTH, ID = tonumber(ARGV[1]), tonumber(ARGV[2]), 9, 10, 16

local function holds(ids, id)
  local at = string.find(ids, id, 1, true)
  while at and at % ID ~= 1 do at = string.find(ids, id, at + 1, true) end
  return at ~= nil
end

-- The newest records by time, equal times as they came, and the item ids of the others; nil where the bytes
-- are not records.
local function trimmed(body)
  local found, at = {}, 1
  while at <= #body do
    if at + 19 > #body then return nil end
    local stop = at + 1 + struct.unpack('<H', body, at)
    local time = struct.unpack('<d', body, at + 2)
    if stop < at + 19 or stop > #body or time - time ~= 0 then return nil end -- NaN and inf too
    found[#found + 1] = {time, at, stop, at + 20 + struct.unpack('<H', body, at + 18)}
    at = stop + 1
  end
  table.sort(found, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[2] < b[2]
  end)
  local kept, gone = {}, {}
  for place, record in ipairs(found) do
    if place > #found - newest then
      kept[#kept + 1] = string.sub(body, record[2], record[3])
    else
      gone[#gone + 1] = string.sub(body, record[4], record[3])
    end
  end
  return kept, gone
end

-- The past items with more at their end: each once, the newest `room`. What is not ours counts as none.
local function remembered(past, gone, room)
  local all, at = {}, 2
  while string.byte(past) == 1 and at + 1 <= #past do
    local stop = at + 1 + struct.unpack('<H', past, at)
    all[#all + 1] = string.sub(past, at + 2, stop)
    at = stop + 1
  end
  for _, id in ipairs(gone) do all[#all + 1] = id end
  local taken, newest_first = {}, {}
  for place = #all, 1, -1 do
    if not taken[all[place]] and #newest_first < room then
      taken[all[place]] = true
      newest_first[#newest_first + 1] = all[place]
    end
  end
  local parts = {}
  for place = #newest_first, 1, -1 do
    parts[#parts + 1] = struct.pack('<H', #newest_first[place]) .. newest_first[place]
  end
  return '\\1' .. table.concat(parts)
end

local ids, known, new_ids, records, stored, answer = nil, {}, {}, {}, {}, {}
for at = FIRST, #ARGV, WIDTH do
  local id, fresh = ARGV[at], true
  if id ~= '' then
    ids = ids or redis.call('GET', KEYS[2]) or ''
    fresh = not (known[id] or holds(ids, id))
    if fresh then
      known[id] = true
      new_ids[#new_ids + 1] = id
    end
  end
  if fresh then
    records[#records + 1] = ARGV[at + 1]
    stored[#stored + 1] = at + 2
  end
  answer[#answer + 1] = fresh and 1 or 0
end
if #records == 0 then return answer end

local head = redis.call('GETRANGE', KEYS[1], 0, 4)
local readable = #head == 5 and string.byte(head) == 1
local count = readable and struct.unpack('<I', head, 2) or 0
local body = table.concat(records)
if count + #records > most then
  local before = readable and redis.call('GETRANGE', KEYS[1], 5, -1) or ''
  local kept, gone = trimmed(before .. body)
  if not kept then kept, gone = trimmed(body) end
  local past = remembered(redis.call('GET', KEYS[5]) or '', gone, tonumber(ARGV[8]))
  redis.call('SET', KEYS[1], '\\1' .. struct.pack('<I', #kept) .. table.concat(kept))
  redis.call('SET', KEYS[5], past)
elseif readable then
  redis.call('SETRANGE', KEYS[1], 1, struct.pack('<I', count + #records))
  redis.call('APPEND', KEYS[1], body)
else
  redis.call('SET', KEYS[1], '\\1' .. struct.pack('<I', #records) .. body)
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[3])
redis.call('EXPIRE', KEYS[5], ARGV[3])
if #new_ids > 0 then
  -- As with the records: most appends write what is new, and few the whole value.
  local added, room = table.concat(new_ids), ID * tonumber(ARGV[4])
  if #ids + #added > room + room / 4 then
    redis.call('SET', KEYS[2], string.sub(ids .. added, -room))
  else
    redis.call('APPEND', KEYS[2], added)
  end
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
for _, at in ipairs(stored) do
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], '*', 'user_id', ARGV[7],
    'item_id', ARGV[at], 'action', ARGV[at + 1], 'value', ARGV[at + 2], 'timestamp', ARGV[at + 3],
    'context', ARGV[at + 4], 'recommendation_id', ARGV[at + 5], 'rank', ARGV[at + 6],
    'event_id', ARGV[at + 7])
end
return answer
""")

ERASE_USER = Script("""
-- KEYS: events, event ids, profile, erased, stream, past items. ARGV: now, 1 for a lasting mark, else 0, ttl_s
-- Answers events deleted, profiles deleted, the stream's last id ('' where it is empty).
local head = redis.call('GETRANGE', KEYS[1], 0, 4)
local count = #head == 5 and struct.unpack('<I', head, 2) or 0
local last = redis.call('XREVRANGE', KEYS[5], '+', '-', 'COUNT', 1)
local lasting = ARGV[2] == '1' or redis.call('TTL', KEYS[4]) == -1
if lasting or redis.call('EXISTS', KEYS[1], KEYS[2], KEYS[3], KEYS[6]) > 0 then
  redis.call('SET', KEYS[4], ARGV[1])
else
  redis.call('SET', KEYS[4], ARGV[1], 'EX', ARGV[3])
end
local profile = redis.call('DEL', KEYS[3])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[6])
return {count, profile, last[1] and last[1][1] or ''}
""")

ERASE_STREAM = Script("""
-- KEYS: stream. ARGV: from, to, entries to look at, user id
-- Answers entries deleted, and the last id looked at ('' when there is no more).
local entries = redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[2], 'COUNT', ARGV[3])
local found = {}
for _, entry in ipairs(entries) do
  if entry[2][2] == ARGV[4] then found[#found + 1] = entry[1] end
end
if #found > 0 then redis.call('XDEL', KEYS[1], unpack(found)) end
return {#found, #entries == tonumber(ARGV[3]) and entries[#entries][1] or ''}
""")

CHANGE_ITEM = Script("""
-- KEYS: items, changes, version. ARGV: item id, document or tombstone, item_cap
-- Answers the new version, or -1 where there is no room.
local known = redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1
if not known and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then return -1 end
local version = redis.call('INCR', KEYS[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('ZADD', KEYS[2], version, ARGV[1])
return version
""")

CHANGED_ITEMS = Script("""
-- KEYS: items, changes, version. ARGV: since, most items to answer
-- Answers the version, the version up to which this answer goes, then item id and document by turns.
local version = tonumber(redis.call('GET', KEYS[3]) or '0')
local found = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local answer = {version, version}
if #found == 2 * tonumber(ARGV[2]) then answer[2] = tonumber(found[#found]) end
for at = 1, #found, 2 do
  answer[#answer + 1] = found[at]
  answer[#answer + 1] = redis.call('HGET', KEYS[1], found[at])
end
return answer
""")
