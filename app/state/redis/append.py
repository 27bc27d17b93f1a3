"""The Lua scripts that append one user's events, and their arguments.

In clear text the script trims the history as well. Sealed events are trimmed by `app.state.redis.compaction`.
"""

from collections.abc import Sequence

from app.state.limits import StoreLimits
from app.state.protocol import RecordedEvent
from app.state.redis.client import Argument, Call
from app.state.redis.codec import pack_recorded, pack_value
from app.state.redis.event_ids import EVENT_ID_FUNCTIONS, pack_event_id
from app.state.redis.keys import Keys
from app.state.redis.live import COUNT_FUNCTION, digest_item, list_count_keys, list_limits
from app.state.redis.records import RECORD_FUNCTIONS
from app.state.redis.scripts import Script
from app.state.redis.sealed_history import MOST_BLOCKS, pack_block
from app.state.redis.stream import EVENT_FIELDS, SEALED_FIELDS, USER_FIELD, pack_entry, seal_entry
from app.state.redis.values import Values

_JUDGE = """
-- KEYS: events, event ids, profile, stream, past items, erased, and those of count_items
-- ARGV: max_events, stored_events, ttl_s, max_event_ids, event_id_ttl_s, stream_cap, name of the user, max_past_items,
--       the limits of count_items, then for each event: the entry of its id ('' for none), time, record, the values of
--       the stream's entry, and the digest of the item ('' if it does not count)
-- Answers the number of an `Appended` for each event.
local newest, most, FIRST, WIDTH = tonumber(ARGV[1]), tonumber(ARGV[2]), 15, 4 + WIDTH_OF_ENTRY

local DUPLICATE, STORED, CONFLICT, ERASED = 0, 1, 2, 3
local erased = tonumber(redis.call('GET', KEYS[6]) or '') -- nil for the mark of a move
local ids, readable_ids, batch_ids, new_ids, records, stored, answer = nil, true, {}, {}, {}, {}, {}
for at = FIRST, #ARGV, WIDTH do
  local id, fate = string.sub(ARGV[at], 1, ID), STORED
  if erased and tonumber(ARGV[at + 1]) < erased then
    fate = ERASED
  elseif id ~= '' then
    if not ids then ids, readable_ids = open_ids(redis.call('GET', KEYS[2])) end
    local before = batch_ids[id] or find_content(ids, id)
    if not before then
      batch_ids[id] = string.sub(ARGV[at], ID + 1, ID_WIDTH)
      new_ids[#new_ids + 1] = string.sub(ARGV[at], 1, ID_WIDTH)
    else
      fate = has_content(string.sub(ARGV[at], ID + 1), before) and DUPLICATE or CONFLICT
    end
  end
  if fate == STORED then
    records[#records + 1] = ARGV[at + 2]
    stored[#stored + 1] = at + 3
  end
  answer[#answer + 1] = fate
end
if #records == 0 then return answer end
local body = table.concat(records)
"""

_STORE = """
local head = redis.call('GETRANGE', KEYS[1], 0, 4)
if is_sealed_history(head) then return SEALED_ERROR end
local readable = #head == 5 and string.byte(head) == 1
local count = readable and struct.unpack('<I', head, 2) or 0
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
"""

_STORE_SEALED = """
-- Adds one more number to the answer: 1 if the blocks should become one, or anything be sealed anew.
local current = string.sub(body, 5, 9) -- version and key id, which begin every value under the key of this event
local function is_old(key, at)
  local found = redis.call('GETRANGE', key, at, at + 4)
  return found ~= '' and found ~= current
end
local has_old = is_old(KEYS[3], 0) or is_old(KEYS[5], 0)
local head = redis.call('GETRANGE', KEYS[1], 0, 8)
local count, blocks = #records, #records
if is_sealed_history(head) and #head == 9 then
  local before, blocks_before = struct.unpack('<II', head, 2)
  count, blocks, has_old = count + before, blocks + blocks_before, has_old or is_old(KEYS[1], 13)
  redis.call('SETRANGE', KEYS[1], 1, struct.pack('<II', count, blocks))
  redis.call('APPEND', KEYS[1], body)
else
  local clear = ''
  if #head >= 5 and string.byte(head) == 1 then
    local value = redis.call('GET', KEYS[1])
    clear, has_old = struct.pack('<I', #value) .. value, true
    count, blocks = count + struct.unpack('<I', value, 2), blocks + 1
  end
  redis.call('SET', KEYS[1], string.char(SEALED_HISTORY) .. struct.pack('<II', count, blocks) .. clear .. body)
end
answer[#answer + 1] = (has_old or count > most or blocks > MOST_BLOCKS) and 1 or 0
"""

_FINISH = """
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
local counting = {}
for _, at in ipairs(stored) do
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[6], '*', 'USER_FIELD', ARGV[7], ENTRY)
  if ARGV[at + WIDTH - 4] ~= '' then counting[#counting + 1] = ARGV[at + WIDTH - 4] end
end
if #counting > 0 then count_items({unpack(KEYS, 7, 10)}, {unpack(ARGV, 9, 14)}, counting) end
return answer
"""


def _build_script(store: str, fields: Sequence[str]) -> Script:
    """The script with a way to store the events, and the names of the fields of a stream's entry."""
    # The names and values as arguments of XADD; `at` is the index of the first value.
    entry = ", ".join(f"'{name}', ARGV[at + {index}]" for index, name in enumerate(fields))
    body = "\n".join((_JUDGE, store, _FINISH)).replace("WIDTH_OF_ENTRY", str(len(fields)))
    body = (
        body.replace("USER_FIELD", USER_FIELD)
        .replace("ENTRY", entry)
        .replace("MOST_BLOCKS", str(MOST_BLOCKS))
    )
    return Script(EVENT_ID_FUNCTIONS + RECORD_FUNCTIONS + COUNT_FUNCTION + body)


APPEND = _build_script(_STORE, EVENT_FIELDS)
APPEND_SEALED = _build_script(_STORE_SEALED, SEALED_FIELDS)


def build_append_call(
    events: Sequence[RecordedEvent], keys: Keys, limits: StoreLimits, values: Values
) -> Call:
    """The call of the script for events of one user. Raises ValueError for an event that cannot be stored."""
    user_id = events[0].user_id
    user, name = keys.user(user_id), keys.name(user_id)
    counted_at = max(recorded.counted_at or 0.0 for recorded in events)  # one moment for the events of a call
    arguments: list[Argument] = [limits.max_events, limits.stored_events, limits.ttl_s]
    arguments += [limits.max_event_ids, limits.event_id_ttl_s, limits.stream_cap]
    arguments += [name, limits.max_past_items, *list_limits(counted_at, limits)]
    for recorded in events:
        arguments.append(pack_event_id(recorded, values.digest_keys))
        arguments.append(repr(recorded.event.timestamp))
        if values.seals is None:
            arguments.append(pack_recorded(recorded))
            arguments += pack_entry(recorded)
        else:
            record = pack_value([pack_recorded(recorded)])
            arguments.append(pack_block(values.seal(record, user.events)))
            arguments.append(seal_entry(recorded, keys.stream, name, values))
        counts = recorded.counted_at is not None
        arguments.append(digest_item(recorded.event.item_id, values.digest_keys) if counts else b"")
    return Call(
        (
            *(user.events, user.event_ids, user.profile, keys.stream, user.past_items, user.erased),
            *list_count_keys(counted_at, keys, user, limits),
        ),
        arguments,
    )
