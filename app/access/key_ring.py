"""The keys that the service accepts: those of the settings, and the stored ones, which are read again and again."""

import asyncio
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from enum import StrEnum

from pydantic import SecretStr

from app.access.api_key import ApiKey, digest_secret, parse_token
from app.access.caller import Caller
from app.access.key_stores import KeyFile, KeyStore, KeyStoreError
from app.access.roles import Role
from app.config import Settings
from app.listening import is_reachable_without_key
from app.state.protocol import StateUnavailableError

LOG = logging.getLogger("chorus.access")
FILE_PERIOD_S = 1.0
REDIS_PERIOD_S = 2.0
"""Seconds between two reads of the keys: a revoked key is accepted as long at most."""
ADMIN_ID = "api_key"
"""The id of CHORUS_API_KEY in limits and in the audit. The publishable keys are publishable_1, publishable_2, ..."""
_NOBODY = digest_secret("")

OnChange = Callable[[tuple[str, ...]], None]


class Rejection(StrEnum):
    """Why a key is not accepted."""

    UNKNOWN = "another"
    EXPIRED = "one that has expired"
    REVOKED = "one that was revoked"


class KeyRing:
    """The accepted keys. A request reads them in memory; `follow` keeps them fresh.

    If the stored keys cannot be read, the last known ones count. With a file of keys, a key is always required; else
    if CHORUS_API_KEY is set, or once Redis had a record of any key, even of a revoked one: a Redis that lost its data
    does not open a running service.
    """

    def __init__(
        self, settings: Settings, store: KeyStore | None, clock: Callable[[], float] = time.time
    ) -> None:
        self._admin = settings.api_key
        self._publishable = settings.publishable_keys
        self._store = store
        self._clock = clock
        has_key = self._admin is not None or isinstance(store, KeyFile)
        # Such a service starts only if Redis has keys (app.access.open_start), read or not.
        self._is_closed = has_key or is_reachable_without_key(settings)
        self._stored: Mapping[str, ApiKey] = {}
        self._failure: KeyStoreError | StateUnavailableError | None = None
        self.is_known = store is None
        """True if the stored keys have been read since the start."""

    @property
    def is_open(self) -> bool:
        """True if no key is needed."""
        return not self._is_closed

    def find(self, token: str) -> Caller | Rejection:
        """The caller with this key, compared in constant time."""
        if self._admin is not None and _equals(token, self._admin):
            return Caller(ADMIN_ID, frozenset({Role.ADMIN}))
        for number, key in enumerate(self._publishable, start=1):
            if _equals(token, key):
                roles = frozenset({Role.RECOMMEND, Role.EVENTS})
                return Caller(f"publishable_{number}", roles, is_publishable=True)
        return self._find_stored(token)

    def _find_stored(self, token: str) -> Caller | Rejection:
        parts = parse_token(token)
        if parts is None:
            return Rejection.UNKNOWN
        key_id, secret = parts
        key = self._stored.get(key_id)
        if key is None:
            hmac.compare_digest(
                digest_secret(secret), _NOBODY
            )  # the time tells nothing about which ids exist
            return Rejection.UNKNOWN
        if not key.matches(secret):
            return Rejection.UNKNOWN
        match key.find_end(self._clock()):
            case "revoked":
                return Rejection.REVOKED
            case "expired":
                return Rejection.EXPIRED
        return Caller(key.key_id, frozenset(key.roles), key.tenant)

    async def refresh(self) -> tuple[str, ...]:
        """Read the stored keys; the ids whose records are new, changed or gone.

        Raises KeyStoreError or StateUnavailableError; the keys so far stay in use.
        """
        if self._store is None:
            return ()
        before = self._stored
        after = {key.key_id: key for key in await self._store.read()}
        self._stored, self.is_known = after, True
        self._is_closed = self._is_closed or bool(after)
        return tuple(
            key_id
            for key_id in sorted(before.keys() | after.keys())
            if before.get(key_id) != after.get(key_id)
        )

    async def follow(self, on_change: OnChange) -> None:
        """Read the stored keys periodically, until cancelled. A failure is logged once for each lasting fault."""
        period_s = FILE_PERIOD_S if isinstance(self._store, KeyFile) else REDIS_PERIOD_S
        while self._store is not None:
            await asyncio.sleep(period_s)
            was_known = self.is_known
            changed = await self.try_refresh()
            if changed:
                LOG.info("keys changed", extra={"fields": {"key_ids": changed}})
            if changed and was_known:
                on_change(changed)

    async def try_refresh(self) -> tuple[str, ...]:
        """As `refresh`, but a failure is logged and the keys so far stay in use."""
        try:
            changed = await self.refresh()
        except (KeyStoreError, StateUnavailableError) as error:
            if str(error) != str(self._failure):
                fields = {"reason": str(error)}
                LOG.error("keys cannot be read; the last known ones count", extra={"fields": fields})
            self._failure = error
            return ()
        self._failure = None
        return changed


def _equals(token: str, key: SecretStr) -> bool:
    return hmac.compare_digest(token.encode(), key.get_secret_value().encode())
