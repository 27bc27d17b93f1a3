"""The command `chorus log export`: once, or again and again until it is stopped."""

import asyncio
import json
import logging
import secrets
import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from app.access.administration import Place, find_redis
from app.access.api_key import InvalidKeyError
from app.config import Settings
from app.log.day_file import LogFileError
from app.log.export import Exported, export_log
from app.state.embedded.process import EmbeddedRedisError
from app.state.protocol import StateUnavailableError, TenantStore
from app.state.pseudonyms import WrongPseudonymKeyError
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.state.state_keys import WrongStateKeyError

REFUSALS = (
    LogFileError,
    StateUnavailableError,
    EmbeddedRedisError,
    WrongPseudonymKeyError,
    WrongStateKeyError,
    InvalidKeyError,
    OSError,
    ValueError,
)
STORE_LOG = logging.getLogger("chorus.store")
DEADLINE_S = 10.0
"""A command may wait longer than a request."""
KEY_BYTES = 32


class ExportOptions(NamedTuple):
    """Where the events come from and go to."""

    out: Path
    tenant: str  # "" for the default tenant
    place: Place
    every_s: float | None  # None: once


def run_export(options: ExportOptions, settings: Settings, tell: Callable[[str], None]) -> None:
    """Export, and tell a line of JSON about each export that did something, or about the only one.

    Raises one of REFUSALS.
    """
    STORE_LOG.setLevel(logging.CRITICAL)  # a command tells of a failure in its own line
    with find_redis(settings, options.place) as url:
        asyncio.run(_export(url, options, settings, tell))


async def _export(url: str, options: ExportOptions, settings: Settings, tell: Callable[[str], None]) -> None:
    redis = RedisSettings(
        url,
        timeout_s=DEADLINE_S,
        write_timeout_s=DEADLINE_S,
        max_connections=2,
        pseudonyms=settings.pseudonyms,
        state_keys=settings.state_keys,
    )
    store = RedisStore(redis)
    try:
        await store.installation_key(secrets.token_bytes(KEY_BYTES))  # refuses the keys of another store
        tenant = store.of_tenant(options.tenant) if options.tenant else store
        if options.every_s is None:
            tell(describe(await export_log(tenant, options.out)))
        else:
            await _repeat(tenant, options.out, options.every_s, tell)
    finally:
        await store.close()


async def _repeat(store: TenantStore, out: Path, every_s: float, tell: Callable[[str], None]) -> None:
    """Export every `every_s` seconds until SIGTERM or SIGINT; the export under way is finished."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    while not stopped.is_set():
        try:
            done = await export_log(store, out)
        except StateUnavailableError as error:  # the next export writes what this one could not
            tell(json.dumps({"error": str(error)}))
        else:
            if done != Exported():
                tell(describe(done))
        try:
            await asyncio.wait_for(stopped.wait(), every_s)
        except TimeoutError:
            continue


def describe(done: Exported) -> str:
    """A line of JSON: the events written and removed, and what to look at."""
    facts: dict[str, object] = {"events": done.events, "erased_events": done.erased_events}
    if done.has_gap:
        facts["warning"] = (
            "the stream no longer has the last exported event: it was erased, or the stream was cut and events are "
            "missing; export more often"
        )
    if done.left_out_keys:
        facts["context_without_column"] = list(done.left_out_keys)
    return json.dumps(facts, ensure_ascii=False)
