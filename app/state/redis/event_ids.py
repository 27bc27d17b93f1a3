"""The ids of a user's events, by which a retry is recognised: digests of each id and of the event's content.

    value = version u8 (2), then for each id, oldest first: digest of the id, 16 bytes, and of the content, 4 bytes

A value of version 1 has no version byte, and for each id the digest of the id alone. Its size is a multiple of 16; that
of version 2 is odd.
"""

import json
from collections.abc import Sequence
from hashlib import blake2b

from app.state.protocol import RecordedEvent
from app.state.redis.keys import DIGEST_BYTES, digest

CONTENT_BYTES = 4
"""Two contents have the same digest once in four billion pairs: a conflict then counts as a duplicate."""
UNKNOWN_CONTENT = bytes(CONTENT_BYTES)
"""The content of an id of version 1, which has no conflict."""

EVENT_ID_FUNCTIONS = f"""
local ID, ID_WIDTH = {DIGEST_BYTES}, {DIGEST_BYTES + CONTENT_BYTES}
local UNKNOWN_CONTENT = string.rep('\\0', {CONTENT_BYTES})

-- The entries of a value without its version byte, and whether the value has this version.
local function open_ids(value)
  if value and #value % ID_WIDTH == 1 and string.byte(value) == 2 then return string.sub(value, 2), true end
  local entries = {{}}
  if value and #value % ID == 0 then
    for at = 1, #value, ID do entries[#entries + 1] = string.sub(value, at, at + ID - 1) .. UNKNOWN_CONTENT end
  end
  return table.concat(entries), false
end

-- The digest of the content that belongs to an id's digest; nil if the id is not there.
local function find_content(ids, id)
  local at = string.find(ids, id, 1, true)
  while at and at % ID_WIDTH ~= 1 do at = string.find(ids, id, at + 1, true) end
  return at and string.sub(ids, at + ID, at + ID_WIDTH - 1)
end

-- Whether one of the contents, which are digests of one content under several keys, is that of a stored id.
local function has_content(contents, stored)
  if stored == UNKNOWN_CONTENT then return true end
  for at = 1, #contents, ID_WIDTH - ID do
    if string.sub(contents, at, at + ID_WIDTH - ID - 1) == stored then return true end
  end
  return false
end

-- The value of entries, of which the newest `room` are kept.
local function close_ids(ids, room)
  return '\\2' .. string.sub(ids, -ID_WIDTH * room)
end
"""


def pack_event_id(recorded: RecordedEvent, keys: Sequence[bytes] = ()) -> bytes:
    """The entry of an event: digests of its id and its content; empty for an event without an id.

    With keys, the digest of the content under each of them comes first: that under the first key is stored, and the
    others are those under which the content may be stored already.
    """
    if not recorded.event_id:
        return b""
    contents = [digest_content(recorded, key) for key in (*keys, b"")]
    return digest(recorded.event_id) + b"".join(contents)


def count_event_ids(size: int) -> int:
    """The number of ids in a value of so many bytes."""
    return size // DIGEST_BYTES if size % DIGEST_BYTES == 0 else (size - 1) // (DIGEST_BYTES + CONTENT_BYTES)


def digest_content(recorded: RecordedEvent, key: bytes = b"") -> bytes:
    """The digest of what was sent: all but the user, as ids may be merged, and the time if the sender gave none.

    Without a key, who knows the items can try which one has this digest.
    """
    event = recorded.event
    content = [
        *(event.item_id, event.action, event.value, event.timestamp if recorded.timed else None),
        *(sorted(event.context.items()), recorded.recommendation_id, recorded.rank),
        *([event.text] if event.text else []),  # so that contents without one keep their digests
    ]
    found = blake2b(json.dumps(content).encode(), digest_size=CONTENT_BYTES, key=key).digest()
    return found if found != UNKNOWN_CONTENT else b"\1" + found[1:]
