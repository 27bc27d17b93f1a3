"""All that decides about access in one service: keys, caps, limits and the audit."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from app.access.audit import Act, AuditTrail, RedisAudit, Retention
from app.access.key_ring import KeyRing
from app.access.key_stores import KeyFile, KeyStore, RedisKeys
from app.access.limiters import MemoryLimiter, ResilientLimiter
from app.access.limits import Limiter, LimitSet, build_limits
from app.access.redis_limits import RedisLimiter
from app.access.roles import Action
from app.access.wrong_keys import WrongKeyCap
from app.config import Settings
from app.state.protocol import StoreHealth
from app.state.redis.client import RedisClient
from app.state.redis.settings import build_settings
from app.telemetry import Metrics

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Access:
    """The parts of access."""

    ring: KeyRing
    wrong_keys: WrongKeyCap
    limits: LimitSet
    limiter: Limiter
    audit: AuditTrail


def build_access(
    settings: Settings, client: RedisClient | None = None, on_audit_failure: Callable[[], None] = lambda: None
) -> Access:
    """The parts over a client of Redis; without one, keys are those of the settings and limits count in memory."""
    store: KeyStore | None = None
    limiter: Limiter = MemoryLimiter()
    audit = None
    if client is not None:
        redis = build_settings("", settings.redis_timeout_s)
        store = RedisKeys(client, redis.prefix, redis.timeout_s)
        limiter = ResilientLimiter(RedisLimiter(client, redis.prefix, redis.timeout_s), MemoryLimiter())
        audit = RedisAudit(client, redis.prefix, redis.write_timeout_s)
    if settings.keys_file is not None:
        store = KeyFile(settings.keys_file)
    return Access(
        KeyRing(settings, store),
        WrongKeyCap(settings.wrong_keys_per_minute),
        build_limits(settings),
        limiter,
        AuditTrail(audit, Retention(settings.audit_entries, settings.audit_days), on_audit_failure),
    )


@asynccontextmanager
async def open_access(settings: Settings, redis_url: str | None, metrics: Metrics) -> AsyncIterator[Access]:
    """The parts of access over a Redis. Follows changes of the keys until the end of the block."""
    client = None
    if redis_url is not None:
        health = StoreHealth(metrics.count_store_failure)
        # The connection is apart from that of users and items, so that neither waits for the other's pool.
        redis = replace(build_settings(redis_url, settings.redis_timeout_s), max_connections=CONNECTIONS)
        client = RedisClient(redis, health)
    access = build_access(settings, client, metrics.count_audit_failure)
    await access.ring.try_refresh()
    recording: set[asyncio.Task[None]] = set()

    def record_change(key_ids: tuple[str, ...]) -> None:
        """The command that changes keys in Redis records it; a change of a file is recorded where it is seen."""
        if settings.keys_file is None:
            return
        act = Act(f"file:{settings.keys_file.name}", Action.CHANGE_KEYS, " ".join(key_ids))
        recording.add(asyncio.create_task(access.audit.record(act)))

    following = asyncio.create_task(access.ring.follow(record_change))
    try:
        yield access
    finally:
        following.cancel()
        await asyncio.wait([following, *recording])
        if client is not None:
            await client.close()
