"""The command `chorus log export`: once, or again and again until it is stopped."""

import asyncio
import json
import logging
import secrets
import signal
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from app.access.administration import Place, find_redis
from app.access.api_key import InvalidKeyError
from app.config import Settings
from app.log.day_file import LogFileError
from app.log.erasure_list import write_erasures
from app.log.export import Exported, export_log
from app.log.impression_queue import WINDOW_S
from app.log.tenant_mark import mark_folder
from app.state.embedded.process import EmbeddedRedisError
from app.state.protocol import StateUnavailableError, TenantStore
from app.state.pseudonyms import WrongPseudonymKeyError
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore
from app.state.state_keys import WrongStateKeyError
from models.contract.bundle import BundleError, read_features, read_manifest
from models.contract.erasures import ErasureListError
from models.contract.roles import NO_ROLES, Roles

REFUSALS = (
    BundleError,
    LogFileError,
    ErasureListError,
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
    window_s: float | None = None  # the label window of impressions; None: WINDOW_S
    bundle: Path | None = None  # whose roles of actions count


def run_export(options: ExportOptions, settings: Settings, tell: Callable[[str], None]) -> None:
    """Export, and tell a line of JSON about each export that did something, or about the only one.

    Raises one of REFUSALS.
    """
    STORE_LOG.setLevel(logging.CRITICAL)  # a command tells of a failure in its own line
    with find_redis(settings, options.place) as url:
        asyncio.run(_export(url, options, settings, tell))


def _read_roles(bundle: Path | None, settings: Settings) -> Roles:
    """The roles that a bundle's job gives to actions. Raises BundleError."""
    if bundle is None:
        return NO_ROLES
    return read_features(bundle, read_manifest(bundle, settings.signing_key)).roles


async def _export(url: str, options: ExportOptions, settings: Settings, tell: Callable[[str], None]) -> None:
    roles = _read_roles(options.bundle, settings)
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
        # Refuses the keys of another store.
        key = await store.installation_key(secrets.token_bytes(KEY_BYTES))
        tenant = store.of_tenant(options.tenant) if options.tenant else store
        export = partial(_export_once, tenant, options, key, roles)
        if options.every_s is None:
            tell(describe(await export()))
        else:
            await _repeat(export, options.every_s, tell)
    finally:
        await store.close()


async def _export_once(store: TenantStore, options: ExportOptions, key: bytes, roles: Roles) -> Exported:
    """The list of erased users first: whoever trains on the new files finds it beside them."""
    mark_folder(options.out, options.tenant)
    await write_erasures(store, options.out, key, options.tenant)
    return await export_log(store, options.out, options.window_s or WINDOW_S, roles)


async def _repeat(
    export: Callable[[], Awaitable[Exported]], every_s: float, tell: Callable[[str], None]
) -> None:
    """Export every `every_s` seconds until SIGTERM or SIGINT; the export under way is finished."""
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    while not stopped.is_set():
        try:
            done = await export()
        except StateUnavailableError as error:  # the next export writes what this one could not
            tell(json.dumps({"error": str(error)}))
        else:
            if not done.is_idle:
                tell(describe(done))
        try:
            await asyncio.wait_for(stopped.wait(), every_s)
        except TimeoutError:
            continue


def describe(done: Exported) -> str:
    """A line of JSON: the events and impressions written and removed, and what to look at."""
    impressions = done.impressions
    facts: dict[str, object] = {
        "events": done.events,
        "erased_events": done.erased_events,
        "impressions": impressions.written,
        "waiting_impressions": impressions.waiting,
        "erased_impressions": impressions.erased,
    }
    cut = [
        name for name, has_gap in (("event", done.has_gap), ("impression", impressions.has_gap)) if has_gap
    ]
    if cut:
        facts["warning"] = (
            f"the stream no longer has the last exported {' and the last exported '.join(cut)}: it was erased, or the "
            "stream was cut and some are missing; export more often"
        )
    if done.left_out_keys:
        facts["context_without_column"] = list(done.left_out_keys)
    return json.dumps(facts, ensure_ascii=False)
