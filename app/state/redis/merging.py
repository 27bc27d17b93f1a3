"""Merge two users in Redis: read, join the profiles and sealed histories, and write if nothing changed meanwhile."""

from collections.abc import Sequence
from functools import partial

from app.state.protocol import ProfilePair, StateUnavailableError, StoreFault, UserMerge, join_profiles
from app.state.redis.client import Argument, RedisClient
from app.state.redis.codec import pack_past_items, pack_text, pack_value, unpack_past_order, unpack_records
from app.state.redis.compaction import digest_value
from app.state.redis.documents import pack_profile, unpack_profile
from app.state.redis.histories import History, join_histories, pack_all
from app.state.redis.keys import Keys, UserKeys
from app.state.redis.marks import DAMAGED, Times, unpack_mark
from app.state.redis.merge import MERGE_SEALED, MERGE_USERS, build_merge_call
from app.state.redis.sealed_history import open_history, pack_history
from app.state.redis.settings import RedisSettings
from app.state.redis.values import Values
from models.contract.catalogue import User

MERGE_TRIES = 20
"""Changes of a user at the same moment before the caller of a merge is sent away."""


class RedisMerge:
    """Merges users over one client."""

    def __init__(self, client: RedisClient, keys: Keys, settings: RedisSettings, values: Values) -> None:
        self._client = client
        self._keys = keys
        self._settings = settings
        self._values = values

    async def run(self, merge: UserMerge) -> dict[str, int]:
        """Read, join and write by one atomic script; again if what was read changed meanwhile."""
        target, source = self._keys.user(merge.target), self._keys.user(merge.source)
        seals = self._values.seals
        names = [target.profile, target.erased, source.profile, source.erased]
        if seals is not None:
            names += [target.events, target.past_items, source.events, source.past_items]
        for _ in range(MERGE_TRIES):
            raw = await self._client.run_command("MGET", *names, deadline_s=self._settings.timeout_s)
            if seals is not None and any(seals.is_foreign(value) for value in raw if value is not None):
                raise _refuse_foreign("a profile or past items")
            profile = self._join_profiles(merge, raw)
            expected = [value or b"" for value in raw[:4]]
            histories = () if seals is None else self._join_histories(merge, raw)
            call = build_merge_call(merge, self._keys, self._settings.limits, profile, expected, histories)
            script = MERGE_USERS if seals is None else MERGE_SEALED
            events, past = await self._client.run_script(script, call, self._settings.write_timeout_s)
            if events >= 0:
                return {"events": events, "past_items": past, "profile": int(profile != b"")}
        raise StateUnavailableError(f"expected a user that is at rest, given {MERGE_TRIES} changes")

    def _join_profiles(self, merge: UserMerge, raw: Sequence[bytes | None]) -> bytes:
        """The profile to write; empty for none."""
        pair = ProfilePair(
            self._unpack_profile(merge.target, raw[0]),
            self._unpack_profile(merge.source, raw[2]),
            raw[1] is not None,
            raw[3] is not None,
        )
        joined = join_profiles(merge, pair)
        place = self._keys.user(merge.target).profile
        return b"" if joined is None else self._values.seal(pack_profile(joined), place)

    def _unpack_profile(self, user_id: str, stored: bytes | None) -> User | None:
        place = self._keys.user(user_id).profile
        return self._values.unpack(partial(unpack_profile, user_id), stored, None, place)

    def _join_histories(self, merge: UserMerge, raw: Sequence[bytes | None]) -> list[Argument]:
        """The arguments that only MERGE_SEALED has. Raises StateUnavailableError for a user of an unknown key."""
        keys, limits = self._keys.user(merge.target), self._settings.limits
        target = self._open(keys, raw[4], raw[5])
        source = self._open(self._keys.user(merge.source), raw[6], raw[7])
        uses_bundle = merge.trained is not None and raw[3] is None
        events = merge.trained.events if merge.trained and uses_bundle else ()
        trained = [(event, pack_text(event)) for event in events]
        absent: Times = (None, None) if raw[1] is None else DAMAGED
        erased_at, _moved_at = self._values.unpack(unpack_mark, raw[1], absent)
        joined = join_histories(target, source, trained, erased_at, limits)
        records, past_items = joined.history.records, joined.history.past_items
        value = pack_history(pack_value(pack_all(records)), keys.events, self._values) if records else b""
        past = self._values.seal(pack_past_items(past_items), keys.past_items) if past_items else b""
        return [*map(digest_value, raw[4:]), value, past, joined.moved_records, joined.moved_items]

    def _open(self, keys: UserKeys, events: bytes | None, past: bytes | None) -> History:
        opened = open_history(events, keys.events, self._values)
        if opened.foreign:
            raise _refuse_foreign("events")
        return History(
            self._values.unpack(unpack_records, opened.value, []),
            self._values.unpack(unpack_past_order, past, [], keys.past_items),
        )


def _refuse_foreign(name: str) -> StateUnavailableError:
    """The refusal of a merge that would lose values of an unknown key."""
    reason = f"expected {name} under a key of CHORUS_STATE_KEYS_OLD, given some under another key"
    return StateUnavailableError(reason, StoreFault.REFUSED)
