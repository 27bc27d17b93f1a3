"""The commands `chorus keys` and `chorus audit`: create, list, revoke and rotate keys, and read the audit."""

import asyncio
import getpass
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from app.access.api_key import ApiKey, InvalidKeyError, KeyRequest, create_key, revoke_key, rotate_key
from app.access.audit import Act, AuditTrail, RedisAudit, Retention
from app.access.key_stores import KeyFile, KeyStore, RedisKeys
from app.access.roles import Action
from app.config import Settings, check_redis_url
from app.state.embedded.address import join_embedded
from app.state.protocol import StoreHealth
from app.state.redis.client import RedisClient
from app.state.redis.settings import RedisSettings

DEADLINE_S = 10.0
"""A command may wait longer than a request."""
HOUR_S = 3600

Result = TypeVar("Result")

_AGE = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": HOUR_S, "d": 24 * HOUR_S}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command finds the keys and the audit; all None: where the settings say."""

    file: Path | None = None
    redis_url: str | None = None
    state_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """The store of keys and the audit of one place. Keys in a file are audited by the services that read it."""

    keys: KeyStore
    audit: RedisAudit | None
    trail: AuditTrail


Work = Callable[[Desk], Awaitable[Result]]


def administer(settings: Settings, place: Place, work: Work[Result]) -> Result:
    """Run work at a place. Raises KeyStoreError, StateUnavailableError, EmbeddedRedisError or InvalidKeyError."""
    given = [part for part in (place.file, place.redis_url, place.state_dir) if part is not None]
    if len(given) > 1:
        raise InvalidKeyError("expected one of --file, --redis and --state, given more")
    file = place.file if given else settings.keys_file
    if file is not None:
        return asyncio.run(_work_on_file(file, settings, work))
    with find_redis(settings, place) as url:
        return asyncio.run(_work_on_redis(url, settings, work))


async def create(desk: Desk, request: KeyRequest) -> tuple[str, ApiKey]:
    """Store a new key; its token and its record. Raises InvalidKeyError."""
    token, key = create_key(request, time.time())
    await desk.keys.change(lambda _keys: [key])
    detail = {"roles": " ".join(key.roles), "name": key.name}
    await _record(desk, Action.CREATE_KEY, key, detail)
    return token, key


async def revoke(desk: Desk, key_id: str) -> None:
    """Revoke a key. Raises InvalidKeyError."""
    revoked: list[ApiKey] = []

    def change(keys: Sequence[ApiKey]) -> Sequence[ApiKey]:
        revoked.append(revoke_key(_find_key(keys, key_id), time.time()))
        return revoked[-1:]

    await desk.keys.change(change)
    await _record(desk, Action.REVOKE_KEY, revoked[-1], {})


async def rotate(desk: Desk, key_id: str, overlap_s: float) -> tuple[str, ApiKey]:
    """Store a key in place of another, which stays valid for the overlap; its token and its record.

    Raises InvalidKeyError.
    """
    made: list[tuple[str, ApiKey, ApiKey]] = []

    def change(keys: Sequence[ApiKey]) -> Sequence[ApiKey]:
        token, new, old = rotate_key(_find_key(keys, key_id), overlap_s, time.time())
        made.append((token, new, old))
        return [old, new]

    await desk.keys.change(change)
    token, new, old = made[-1]
    detail: dict[str, str | int] = {"new": new.key_id, "overlap_s": round(overlap_s)}
    await _record(desk, Action.ROTATE_KEY, old, detail)
    return token, new


def parse_since(text: str, now: float) -> float:
    """A time in Unix seconds of an age (30m, 12h, 7d), of Unix seconds, or of RFC 3339. Raises ValueError."""
    age = _AGE.fullmatch(text)
    if age is not None:
        return now - int(age[1]) * _UNITS[age[2]]
    if text.isdecimal():
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(
            f"expected an age such as 30m, 12h or 7d, Unix seconds or a time in RFC 3339, given {text!r}"
        ) from error
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def format_time(moment: float | None) -> str:
    """A time in UTC to the second; '-' for none."""
    return "-" if moment is None else datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def describe_keys(keys: Sequence[ApiKey], now: float) -> list[dict[str, object]]:
    """The keys as plain values without their digests, the oldest first."""
    return [
        {
            "id": key.key_id,
            "state": key.find_end(now) or "valid",
            "roles": ",".join(key.roles),
            "tenant": key.tenant,
            "name": key.name,
            "created_at": format_time(key.created_at),
            "expires_at": format_time(key.expires_at),
            "revoked_at": format_time(key.revoked_at),
        }
        for key in sorted(keys, key=lambda key: (key.created_at, key.key_id))
    ]


def _find_key(keys: Sequence[ApiKey], key_id: str) -> ApiKey:
    for key in keys:
        if key.key_id == key_id:
            return key
    raise InvalidKeyError(f"expected the id of a key, as 'chorus keys list' shows it, given {key_id!r}")


async def _record(desk: Desk, action: Action, key: ApiKey, detail: Mapping[str, str | int]) -> None:
    who = f"cli:{_read_login()}"
    await desk.trail.record(Act(who, action, f"key:{key.key_id}", tenant=key.tenant, detail=detail))


def _read_login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the system, as in many containers
        return "unknown"


@contextmanager
def find_redis(settings: Settings, place: Place) -> Iterator[str]:
    """The URL of the Redis of a place. Raises EmbeddedRedisError."""
    url = place.redis_url or (settings.redis_url if place.state_dir is None else None)
    if url is not None:
        yield check_redis_url(url)
        return
    with join_embedded(place.state_dir or settings.state_dir) as embedded:
        yield embedded


async def _work_on_file(file: Path, settings: Settings, work: Work[Result]) -> Result:
    return await work(Desk(KeyFile(file), None, AuditTrail(None, _read_retention(settings), _ignore)))


async def _work_on_redis(url: str, settings: Settings, work: Work[Result]) -> Result:
    async with _connect(url) as (client, redis):
        audit = RedisAudit(client, redis.prefix, DEADLINE_S)
        keys = RedisKeys(client, redis.prefix, DEADLINE_S)
        return await work(Desk(keys, audit, AuditTrail(audit, _read_retention(settings), _ignore)))


@asynccontextmanager
async def _connect(url: str) -> AsyncIterator[tuple[RedisClient, RedisSettings]]:
    redis = RedisSettings(url, timeout_s=DEADLINE_S, write_timeout_s=DEADLINE_S, max_connections=2)
    client = RedisClient(redis, StoreHealth())
    try:
        yield client, redis
    finally:
        await client.close()


def _read_retention(settings: Settings) -> Retention:
    return Retention(settings.audit_entries, settings.audit_days)


def _ignore() -> None:
    """A command counts nothing: an act that is not in the audit is logged on the terminal."""
