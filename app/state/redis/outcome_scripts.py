"""The Lua scripts that count outcomes: one hash of counts an hour, and one of what was counted of its answers."""

from app.state.redis.scripts import Script

# A field of the counts is a letter and a cell: i items shown, t takes, v the sum of values, s that of their squares;
# n labels, p the sum of predictions, o true labels. Room is asked for when a cell is new.
PLACE = """
local function place(cell, rest, most, letter)
  if redis.call('HEXISTS', KEYS[1], letter .. cell) == 0 and redis.call('HLEN', KEYS[1]) >= most then return rest end
  return cell
end
local function add(field, amount) redis.call('HINCRBYFLOAT', KEYS[1], field, string.format('%.17g', amount)) end
"""

ADD_SHOWN = Script(
    PLACE
    + """
-- KEYS: counts. ARGV: when they expire in Unix seconds, most fields, the cell of the rest, then cell and number in turn
for at = 4, #ARGV, 2 do
  redis.call('HINCRBY', KEYS[1], 'i' .. place(ARGV[at], ARGV[3], tonumber(ARGV[2]), 'i'), ARGV[at + 1])
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
return 1
"""
)

ADD_TAKES = Script(
    PLACE
    + """
-- KEYS: counts, taken. ARGV: when each expires, most fields of each, the cell of the rest, then in turn the place of
-- an item, its cell, the value
-- Answers the fate of each take.
local fates = {}
for at = 6, #ARGV, 3 do
  local item, value = ARGV[at], tonumber(ARGV[at + 2])
  local before = redis.call('HGET', KEYS[2], item)
  local cell = place(ARGV[at + 1], ARGV[5], tonumber(ARGV[3]), 'i')
  if not before and redis.call('HLEN', KEYS[2]) >= tonumber(ARGV[4]) then
    fates[#fates + 1] = 3
  elseif before and value <= tonumber(before) then
    fates[#fates + 1] = 0
  else
    local old = tonumber(before or '0')
    redis.call('HSET', KEYS[2], item, ARGV[at + 2])
    if not before then redis.call('HINCRBY', KEYS[1], 't' .. cell, 1) end
    add('v' .. cell, value - old)
    add('s' .. cell, value * value - old * old)
    fates[#fates + 1] = before and 2 or 1
  end
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
redis.call('EXPIREAT', KEYS[2], ARGV[2])
return fates
"""
)

ADD_LABELS = Script(
    PLACE
    + """
-- KEYS: counts, taken. ARGV: when each expires, most fields of each, the cell of the rest, then in turn the place of
-- an item with the head, the cell, the prediction, 1 for a true label, else 0
for at = 6, #ARGV, 4 do
  local is_new = redis.call('HEXISTS', KEYS[2], ARGV[at]) == 0
  if is_new and redis.call('HLEN', KEYS[2]) < tonumber(ARGV[4]) then
    local cell = place(ARGV[at + 1], ARGV[5], tonumber(ARGV[3]), 'n')
    redis.call('HSET', KEYS[2], ARGV[at], '')
    redis.call('HINCRBY', KEYS[1], 'n' .. cell, 1)
    add('p' .. cell, tonumber(ARGV[at + 2]))
    redis.call('HINCRBY', KEYS[1], 'o' .. cell, ARGV[at + 3])
  end
end
redis.call('EXPIREAT', KEYS[1], ARGV[1])
redis.call('EXPIREAT', KEYS[2], ARGV[2])
return 1
"""
)
