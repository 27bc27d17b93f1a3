"""The impressions in Redis: one stream of all, and a sorted set that finds the entry of an answer by its id.

The set has no personal data: the random ids of answers, scored by the places of their entries. So an impression is
stored once, and an erasure that removes the entries of a user leaves nothing of them.
"""

from collections.abc import Sequence
from functools import partial

from app.state.protocol import Impression, ImpressionEntry
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.impression_codec import pack_impression, unpack_impression
from app.state.redis.keys import Keys
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings
from app.state.redis.stream import SEALED_FIELD, USER_FIELD
from app.state.redis.values import Values

IMPRESSION_FIELD = "impression"
"""The field of the document in clear text; SEALED_FIELD stands in its place where there is a key."""
NOBODY = ""
"""The name in the entries of requests without a user."""

# An entry's id is MILLISECONDS-NUMBER. Its score is 1024 * MILLISECONDS + NUMBER, which a double holds exactly up to
# the year 2248; an entry of a greater number is in the stream alone.
ADD = Script(
    """
-- KEYS: stream, ids, and for a user the mark of the erasure. ARGV: most entries, longest age in ms, how long an answer
-- is found by its id in ms, id of the answer, name of the user, time in Unix seconds, name of the field, document
local erased = KEYS[3] and tonumber(redis.call('GET', KEYS[3]) or '') -- nil for the mark of a move
if erased and tonumber(ARGV[6]) < erased then return 0 end
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local entry = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[1], '*', 'USER_FIELD', ARGV[5], ARGV[7], ARGV[8])
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', math.max(0, now - tonumber(ARGV[2]))))
local ms, number = string.match(entry, '^(%d+)-(%d+)$')
if tonumber(number) < 1024 then
  redis.call('ZADD', KEYS[2], string.format('%.0f', tonumber(ms) * 1024 + tonumber(number)), ARGV[4])
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('(%.0f', (now - tonumber(ARGV[3])) * 1024))
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[1]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
""".replace("USER_FIELD", USER_FIELD)
)

FIND = Script("""
-- KEYS: stream, ids. ARGV: id of the answer, how long an answer is found by its id in ms
-- Answers the entry's fields, or nothing.
local score = redis.call('ZSCORE', KEYS[2], ARGV[1])
if not score then return {} end
local ms = math.floor(tonumber(score) / 1024)
local clock = redis.call('TIME')
if ms < tonumber(clock[1]) * 1000 - tonumber(ARGV[2]) then return {} end
local id = string.format('%.0f-%.0f', ms, tonumber(score) - ms * 1024)
local entries = redis.call('XRANGE', KEYS[1], id, id)
return entries[1] and entries[1][2] or {}
""")


class RedisImpressions:
    """The ImpressionStore in Redis, of one tenant."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._values = values
        self._limits = settings.limits
        self._read_deadline_s, self._deadline_s = settings.timeout_s, settings.write_timeout_s

    async def add(self, impressions: Sequence[Impression]) -> None:
        """One pipeline with an atomic script for each."""
        await self._client.run_scripts(
            ADD, [self._build_call(each) for each in impressions], self._deadline_s
        )

    async def find(self, recommendation_id: str, user_id: str | None) -> Impression | None:
        """One script that only reads."""
        keys = (self._keys.impressions, self._keys.impression_ids)
        arguments: list[Argument] = [recommendation_id, self._limits.impression_ttl_s * 1000]
        fields = await self._client.run_script(FIND, Call(keys, arguments), self._read_deadline_s)
        if not fields or fields[1].decode() != self._name(user_id):
            return None
        return self._unpack(user_id, fields)

    async def find_all(self, recommendation_ids: Sequence[str]) -> dict[str, Impression]:
        """One pipeline with a script that only reads for each."""
        keys, ttl_ms = (
            (self._keys.impressions, self._keys.impression_ids),
            self._limits.impression_ttl_s * 1000,
        )
        calls = [Call(keys, [recommendation_id, ttl_ms]) for recommendation_id in recommendation_ids]
        answers = await self._client.run_scripts(FIND, calls, self._deadline_s) if calls else []
        found = {
            recommendation_id: self._unpack(fields[1].decode() or None, fields)
            for recommendation_id, fields in zip(recommendation_ids, answers, strict=True)
            if fields
        }
        return {key: impression for key, impression in found.items() if impression is not None}

    async def read_clock(self) -> float:
        """The clock of Redis."""
        seconds, microseconds = await self._client.run_command("TIME", deadline_s=self._read_deadline_s)
        return int(seconds) + int(microseconds) / 1_000_000

    async def read_since(self, after: str = "0-0", count: int = 1_000) -> list[ImpressionEntry]:
        """One XRANGE. Users are called by the names under which they are stored."""
        entries = await self._client.run_command(
            *("XRANGE", self._keys.impressions, f"({after}", "+", "COUNT", count),
            deadline_s=self._deadline_s,
        )
        read = []
        for entry_id, pairs in entries:
            fields = [part for pair in pairs.items() for part in pair]
            impression = self._unpack(fields[1].decode() or None, fields)
            if impression is not None:
                read.append(ImpressionEntry(entry_id.decode(), impression))
        return read

    def _build_call(self, impression: Impression) -> Call:
        limits, name = self._limits, self._name(impression.user_id)
        keys = [self._keys.impressions, self._keys.impression_ids]
        if impression.user_id is not None:
            keys.append(self._keys.user_named(name).erased)
        is_sealed = self._values.seals is not None
        arguments: list[Argument] = [
            *(limits.impression_cap, limits.impression_age_s * 1000, limits.impression_ttl_s * 1000),
            *(impression.recommendation_id, name, repr(impression.shown_at)),
            SEALED_FIELD if is_sealed else IMPRESSION_FIELD,
            self._values.seal(pack_impression(impression), self._place(name)),
        ]
        return Call(tuple(keys), arguments)

    def _unpack(self, user_id: str | None, fields: Sequence[bytes]) -> Impression | None:
        """The impression in the fields of an entry: the user's name, then the document; None for a damaged one."""
        unpack = partial(unpack_impression, user_id)
        return self._values.unpack(unpack, fields[3], None, self._place(fields[1].decode()))

    def _name(self, user_id: str | None) -> str:
        return NOBODY if user_id is None else self._keys.name(user_id)

    def _place(self, name: str) -> str:
        """Where an entry stands, for its seal."""
        return f"{self._keys.impressions}:{name}"
