"""The audit: who did what and when, in an append-only stream of Redis with a retention."""

import json
import logging
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import asdict, dataclass, field

from app.access.roles import Action
from app.state.protocol import StateUnavailableError
from app.state.pseudonyms import Pseudonyms
from app.state.redis.client import Argument, Call, RedisClient
from app.state.redis.keys import digest_user
from app.state.redis.scripts import Script

LOG = logging.getLogger("chorus.audit")
DAY_MS = 86_400_000
PAGE = 1_000
OK = "ok"

APPEND = Script("""
-- KEYS: stream. ARGV: most entries, longest age in ms, then field and value in turn
local clock = redis.call('TIME')
local oldest = tonumber(clock[1]) * 1000 - tonumber(ARGV[2])
redis.call('XADD', KEYS[1], 'MAXLEN', ARGV[1], '*', unpack(ARGV, 3))
redis.call('XTRIM', KEYS[1], 'MINID', string.format('%.0f', math.max(0, oldest)))
return 1
""")


@dataclass(frozen=True, slots=True)
class Act:
    """An act. `who`: key:ID, peer:ADDRESS, cli:LOGIN or file:NAME; `result`: ok, or the code of the error.

    `subject` is an id of an item, a key or a bundle, and of a user only the digest (`describe_user`).
    """

    who: str
    action: Action
    subject: str = ""
    result: str = OK
    tenant: str = ""
    request_id: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Retention:
    """How much of the audit is kept: both bounds hold."""

    entries: int
    days: int


def describe_user(user_id: str, pseudonyms: Pseudonyms | None) -> str:
    """The digest of a user's id, or the pseudonym, by which the audit names the user, as do the keys of Redis."""
    return f"user:{digest_user(user_id, pseudonyms)}"


class RedisAudit:
    """The stream of acts."""

    def __init__(self, client: RedisClient, prefix: str, deadline_s: float) -> None:
        self._client = client
        self._key = f"{prefix}:audit"
        self._deadline_s = deadline_s

    async def append(self, act: Act, retention: Retention) -> None:
        """One atomic script: append, then remove what is too old. Raises StateUnavailableError."""
        arguments: list[Argument] = [retention.entries, retention.days * DAY_MS]
        for name, value in asdict(act).items():
            arguments += [name, json.dumps(value) if name == "detail" else str(value)]
        await self._client.run_script(APPEND, Call((self._key,), arguments), self._deadline_s)

    async def read(self, since: float) -> AsyncIterator[dict[str, object]]:
        """Yield the acts since a time in Unix seconds, the oldest first, as plain values with `at` in Unix seconds."""
        start = str(max(0, int(since * 1000)))
        while True:
            entries = await self._client.run_command(
                "XRANGE", self._key, start, "+", "COUNT", PAGE, deadline_s=self._deadline_s
            )
            for entry_id, fields in entries:
                yield _unpack(entry_id, fields)
            if len(entries) < PAGE:
                return
            start = f"({entries[-1][0].decode()}"


class AuditTrail:
    """Records acts after they were done. An entry that cannot be stored is logged whole, and counted."""

    def __init__(self, log: RedisAudit | None, retention: Retention, on_failure: Callable[[], None]) -> None:
        self._log = log
        self._retention = retention
        self._on_failure = on_failure

    async def record(self, act: Act) -> None:
        """Store an act; it never fails the act."""
        if self._log is None:
            return
        try:
            await self._log.append(act, self._retention)
        except StateUnavailableError as error:
            self._on_failure()
            fields = {**asdict(act), "at": round(time.time(), 3), "code": error.fault.value}
            LOG.error("an act is not in the audit", extra={"fields": fields})


def _unpack(entry_id: bytes, fields: list[bytes] | dict[bytes, bytes]) -> dict[str, object]:
    pairs = fields.items() if isinstance(fields, dict) else zip(fields[::2], fields[1::2], strict=True)
    values: dict[str, object] = {name.decode(): value.decode() for name, value in pairs}
    detail = json.loads(str(values.pop("detail", "{}")))
    return {"at": int(entry_id.partition(b"-")[0]) / 1000, **values, "detail": detail}
