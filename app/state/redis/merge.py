"""The Lua scripts that merge one user into another, and their arguments.

The histories are joined by the script in clear text, and by `app.state.redis.merging` where they are sealed.
"""

from collections.abc import Sequence

from app.state.limits import StoreLimits
from app.state.protocol import UserMerge
from app.state.redis.client import Argument, Call
from app.state.redis.codec import pack_event, pack_text
from app.state.redis.event_ids import EVENT_ID_FUNCTIONS
from app.state.redis.keys import Keys
from app.state.redis.marks import pack_moved
from app.state.redis.records import RECORD_FUNCTIONS
from app.state.redis.scripts import Script

_CHECK = """
-- KEYS: events, event ids, past items, profile, erased, aliases, merged of the target, then of the source
-- ARGV: max_events, stored_events, ttl_s, max_event_ids, event_id_ttl_s, max_past_items, max_aliases,
--       mark of the move, target's name, source's name, profile to write ('' for none), records of the bundle,
--       1 if the bundle's history of the source moves, then what must be stored now: profile and erased of the
--       target and of the source; then what only sealed histories need
-- Answers events and past items moved; -1 if profiles or erasures are others by now.
local T, S = 0, 7
local newest, most, ttl = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
for index, key in ipairs({T + 4, T + 5, S + 4, S + 5}) do
  if (redis.call('GET', KEYS[key]) or '') ~= ARGV[13 + index] then return {-1, 0} end
end
"""

_MOVE = """
local target_value, source_value = redis.call('GET', KEYS[T + 1]), redis.call('GET', KEYS[S + 1])
if is_sealed_history(target_value) or is_sealed_history(source_value) then return SEALED_ERROR end
local _, target_body = open(target_value)
local _, source_body = open(source_value)
local kept, keys, moved = {}, {}, 0
local erased = tonumber(redis.call('GET', KEYS[T + 5]) or '') -- nil for the mark of a move
-- Records of a body whose time, action and item no earlier body has, and which the target's erasure does not hit.
local function take(body, moves)
  local records, seen = split(body) or {}, {}
  for _, record in ipairs(records) do
    local first = record[2]
    local action = struct.unpack('<H', body, first + 18) % 32768
    local key = string.sub(body, first + 2, first + 9) .. string.sub(body, record[4] - action, record[5])
    local is_erased = moves and erased and record[1] < erased
    if not keys[key] and not is_erased then
      kept[#kept + 1] = string.sub(body, first, record[3])
      seen[#seen + 1] = key
      if moves then moved = moved + 1 end
    end
  end
  for _, key in ipairs(seen) do keys[key] = true end
end
take(target_body, false)
take(source_body, true)
take(ARGV[12], true)

local past, all = erased and {} or past_items(redis.call('GET', KEYS[S + 3])), {}
for _, item_id in ipairs(past) do all[#all + 1] = item_id end
for _, item_id in ipairs(past_items(redis.call('GET', KEYS[T + 3]))) do all[#all + 1] = item_id end
if #kept > most then
  local trimmed, gone = trim(table.concat(kept), newest)
  kept = trimmed
  for _, item_id in ipairs(gone) do all[#all + 1] = item_id end
end
if #kept > 0 then
  redis.call('SET', KEYS[T + 1], '\\1' .. struct.pack('<I', #kept) .. table.concat(kept), 'EX', ttl)
end
if #all > 0 then redis.call('SET', KEYS[T + 3], remember(all, tonumber(ARGV[6])), 'EX', ttl) end
local past_count = #past
"""

_MOVE_SEALED = """
-- ARGV[18..]: SHA-1 of events and past items that must be stored now, of the target and of the source ('' for none),
-- events and past items of the target to write ('' for none), events moved, past items moved
for index, key in ipairs({T + 1, T + 3, S + 1, S + 3}) do
  local value = redis.call('GET', KEYS[key])
  if (value and redis.sha1hex(value) or '') ~= ARGV[17 + index] then return {-1, 0} end
end
if ARGV[22] ~= '' then redis.call('SET', KEYS[T + 1], ARGV[22], 'EX', ttl) end
if ARGV[23] ~= '' then redis.call('SET', KEYS[T + 3], ARGV[23], 'EX', ttl) end
local moved, past_count = tonumber(ARGV[24]), tonumber(ARGV[25])
"""

_FINISH = """
-- Both keep the event ids of both, so that a retry under either id is a duplicate.
local ids = open_ids(redis.call('GET', KEYS[T + 2]))
local source_ids, added = open_ids(redis.call('GET', KEYS[S + 2])), {}
for at = 1, #source_ids, ID_WIDTH do
  if not find_content(ids, string.sub(source_ids, at, at + ID - 1)) then
    added[#added + 1] = string.sub(source_ids, at, at + ID_WIDTH - 1)
  end
end
if ARGV[11] ~= '' then redis.call('SET', KEYS[T + 4], ARGV[11], 'EX', ttl) end
redis.call('EXPIRE', KEYS[T + 4], ttl)
local known = ARGV[13] == '1'
  or redis.call('EXISTS', KEYS[S + 1], KEYS[S + 2], KEYS[S + 3], KEYS[S + 4]) > 0
if known then
  local aliases = redis.call('LRANGE', KEYS[S + 6], 0, -1)
  aliases[#aliases + 1] = ARGV[10]
  for _, alias in ipairs(aliases) do
    redis.call('LREM', KEYS[T + 6], 0, alias)
    if alias ~= ARGV[9] then redis.call('RPUSH', KEYS[T + 6], alias) end
  end
  redis.call('LTRIM', KEYS[T + 6], -tonumber(ARGV[7]), -1)
  redis.call('EXPIRE', KEYS[T + 6], ttl)
  redis.call('SET', KEYS[S + 7], ARGV[9], 'EX', ttl)
  redis.call('DEL', KEYS[T + 7])
  if ARGV[13] == '1' and redis.call('PERSIST', KEYS[S + 5]) == 0 then redis.call('SET', KEYS[S + 5], ARGV[8], 'NX') end
  ids = ids .. table.concat(added)
  if #ids > 0 then
    local both = close_ids(ids, tonumber(ARGV[4]))
    redis.call('SET', KEYS[T + 2], both, 'EX', ARGV[5])
    redis.call('SET', KEYS[S + 2], both, 'EX', ARGV[5])
  end
end
redis.call('DEL', KEYS[S + 1], KEYS[S + 3], KEYS[S + 4], KEYS[S + 6])
return {moved, past_count}
"""


def _build_script(move: str) -> Script:
    return Script(EVENT_ID_FUNCTIONS + RECORD_FUNCTIONS + _CHECK + move + _FINISH)


MERGE_USERS = _build_script(_MOVE)
MERGE_SEALED = _build_script(_MOVE_SEALED)


def build_merge_call(
    merge: UserMerge,
    keys: Keys,
    limits: StoreLimits,
    profile: bytes,
    expected: Sequence[bytes],
    histories: Sequence[Argument] = (),
) -> Call:
    """The call of a script. `expected`: profile and erasure of the target, and of the source, b"" for none.

    `histories`: the arguments that only MERGE_SEALED has, in place of the records of the bundle.
    """
    trained = merge.trained
    uses_bundle = trained is not None and not expected[3] and not histories
    events = trained.events if trained and uses_bundle else ()
    records = b"".join(pack_event(event, pack_text(event)) for event in events)
    arguments: list[Argument] = [limits.max_events, limits.stored_events, limits.ttl_s]
    arguments += [limits.max_event_ids, limits.event_id_ttl_s, limits.max_past_items, limits.max_aliases]
    arguments += [
        pack_moved(merge.now),
        keys.name(merge.target),
        keys.name(merge.source),
        profile,
        records,
        int(trained is not None),
    ]
    arguments += [*expected, *histories]
    both = (keys.user(merge.target), keys.user(merge.source))
    return Call(
        tuple(
            key
            for user in both
            for key in (
                *(user.events, user.event_ids, user.past_items, user.profile, user.erased),
                *(user.aliases, user.merged),
            )
        ),
        arguments,
    )
