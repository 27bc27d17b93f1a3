"""Lua functions over packed records and past items, as `app.state.redis.codec` lays them out."""

from app.state.redis.sealed_history import VERSION as SEALED_HISTORY

RECORD_FUNCTIONS = (
    f"""
-- A history that is sealed: a script without the key must not take it for a damaged one and replace it.
local SEALED_HISTORY = {SEALED_HISTORY}
local SEALED_ERROR = redis.error_reply('SEALED expected CHORUS_STATE_KEY, as events are encrypted')
local function is_sealed_history(value)
  return value and string.byte(value) == SEALED_HISTORY
end
"""
    + """
-- The number of records of a value, and their bytes; 0 and '' for a value of another version.
local function open(value)
  if not value or #value < 5 or string.byte(value) ~= 1 then return 0, '' end
  return struct.unpack('<I', value, 2), string.sub(value, 6)
end

-- The records of a body as {time, first byte, last byte, first and last byte of the item id, last byte of the key,
-- which is the record without its details}; nil if the bytes are not records.
local function split(body)
  local records, at = {}, 1
  while at <= #body do
    if at + 19 > #body then return nil end
    local stop = at + 1 + struct.unpack('<H', body, at)
    local time = struct.unpack('<d', body, at + 2)
    if stop < at + 19 or stop > #body or time - time ~= 0 then return nil end -- NaN and inf too
    local action, item, last = struct.unpack('<H', body, at + 18), at + 20, stop
    if action >= 32768 then -- with details: the size of the item id follows
      if stop < at + 21 then return nil end
      action, item = action - 32768, at + 22
      last = item + action + struct.unpack('<H', body, at + 20) - 1
    end
    item = item + action
    if last > stop then return nil end
    records[#records + 1] = {time, at, stop, item, last}
    at = stop + 1
  end
  return records
end

-- The newest records by time, equal times as they came, and the item ids of the others; nil if the bytes
-- are not records.
local function trim(body, newest)
  local records = split(body)
  if not records then return nil end
  table.sort(records, function(a, b)
    if a[1] ~= b[1] then return a[1] < b[1] end
    return a[2] < b[2]
  end)
  local kept, gone = {}, {}
  for index, record in ipairs(records) do
    if index > #records - newest then
      kept[#kept + 1] = string.sub(body, record[2], record[3])
    else
      gone[#gone + 1] = string.sub(body, record[4], record[5])
    end
  end
  return kept, gone
end

-- The item ids of a value of past items; none of a value of another version.
local function past_items(past)
  local all, at = {}, 2
  while past and string.byte(past) == 1 and at + 1 <= #past do
    local stop = at + 1 + struct.unpack('<H', past, at)
    all[#all + 1] = string.sub(past, at + 2, stop)
    at = stop + 1
  end
  return all
end

-- The value of past items: each id once, the newest `room`.
local function remember(all, room)
  local taken, newest_first = {}, {}
  for index = #all, 1, -1 do
    if not taken[all[index]] and #newest_first < room then
      taken[all[index]] = true
      newest_first[#newest_first + 1] = all[index]
    end
  end
  local parts = {}
  for index = #newest_first, 1, -1 do
    parts[#parts + 1] = struct.pack('<H', #newest_first[index]) .. newest_first[index]
  end
  return '\\1' .. table.concat(parts)
end
"""
)
