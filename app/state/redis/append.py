"""The Lua script that appends one user's events and trims the history, and its arguments."""

from collections.abc import Sequence

from app.state.limits import StoreLimits
from app.state.protocol import RecordedEvent
from app.state.redis.client import Argument, Call
from app.state.redis.codec import pack_recorded
from app.state.redis.event_ids import EVENT_ID_FUNCTIONS, pack_event_id
from app.state.redis.keys import Keys
from app.state.redis.records import RECORD_FUNCTIONS
from app.state.redis.scripts import Script
from app.state.redis.stream import EVENT_FIELDS, USER_FIELD, pack_entry

_ENTRY = ", ".join(f"'{name}', ARGV[at + {index}]" for index, name in enumerate(EVENT_FIELDS))
"""The names and values of a stream entry as arguments of XADD in Lua; `at` is the index of the first value."""

APPEND = Script(
    EVENT_ID_FUNCTIONS
    + RECORD_FUNCTIONS
    + """
-- KEYS: events, event ids, profile, stream, past items, erased
-- ARGV: max_events, stored_events, ttl_s, max_event_ids, event_id_ttl_s, stream_cap, name of the user, max_past_items,
--       then for each event: the entry of its id ('' for none), record, and the values of EVENT_FIELDS
-- Answers the number of an `Appended` for each event.
local newest, most, FIRST, WIDTH = tonumber(ARGV[1]), tonumber(ARGV[2]), 9, 2 + WIDTH_OF_ENTRY

local DUPLICATE, STORED, CONFLICT, ERASED = 0, 1, 2, 3
local erased = tonumber(redis.call('GET', KEYS[6]) or '') -- nil for the mark of a move
local ids, readable_ids, batch_ids, new_ids, records, stored, answer = nil, true, {}, {}, {}, {}, {}
for at = FIRST, #ARGV, WIDTH do
  local id, fate = string.sub(ARGV[at], 1, ID), STORED
  if erased and struct.unpack('<d', ARGV[at + 1], 3) < erased then
    fate = ERASED
  elseif id ~= '' then
    if not ids then ids, readable_ids = open_ids(redis.call('GET', KEYS[2])) end
    local content = string.sub(ARGV[at], ID + 1)
    local before = batch_ids[id] or find_content(ids, id)
    if not before then
      batch_ids[id] = content
      new_ids[#new_ids + 1] = ARGV[at]
    else
      fate = (before == content or before == UNKNOWN_CONTENT) and DUPLICATE or CONFLICT
    end
  end
  if fate == STORED then
    records[#records + 1] = ARGV[at + 1]
    stored[#stored + 1] = at + 2
  end
  answer[#answer + 1] = fate
end
if #records == 0 then return answer end

local head = redis.call('GETRANGE', KEYS[1], 0, 4)
local readable = #head == 5 and string.byte(head) == 1
local count = readable and struct.unpack('<I', head, 2) or 0
local body = table.concat(records)
if count + #records > most then
  local before = readable and redis.call('GETRANGE', KEYS[1], 5, -1) or ''
  local kept, gone = trim(before .. body, newest)
  if not kept then kept, gone = trim(body, newest) end
  local all = past_items(redis.call('GET', KEYS[5]))
  for _, item_id in ipairs(gone) do all[#all + 1] = item_id end
  local past = remember(all, tonumber(ARGV[8]))
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
  local added, room = table.concat(new_ids), tonumber(ARGV[4])
  if not readable_ids or (#ids + #added) / ID_WIDTH > room + room / 4 then
    redis.call('SET', KEYS[2], close_ids(ids .. added, room))
  else
    redis.call('APPEND', KEYS[2], added)
  end
  redis.call('EXPIRE', KEYS[2], ARGV[5])
end
for _, at in ipairs(stored) do
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], '*', 'USER_FIELD', ARGV[7], ENTRY)
end
return answer
""".replace("USER_FIELD", USER_FIELD)
    .replace("WIDTH_OF_ENTRY", str(len(EVENT_FIELDS)))
    .replace("ENTRY", _ENTRY)
)


def build_append_call(events: Sequence[RecordedEvent], keys: Keys, limits: StoreLimits) -> Call:
    """The call of the script for events of one user. Raises ValueError for an event that cannot be stored."""
    user_id = events[0].user_id
    arguments: list[Argument] = [limits.max_events, limits.stored_events, limits.ttl_s]
    arguments += [limits.max_event_ids, limits.event_id_ttl_s, limits.stream_cap]
    arguments += [keys.name(user_id), limits.max_past_items]
    for recorded in events:
        arguments.append(pack_event_id(recorded))
        arguments.append(pack_recorded(recorded))
        arguments += pack_entry(recorded)
    user = keys.user(user_id)
    return Call(
        (user.events, user.event_ids, user.profile, keys.stream, user.past_items, user.erased), arguments
    )
