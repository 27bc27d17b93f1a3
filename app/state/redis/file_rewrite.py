"""Rewrite the append-only file of Redis after erasures, so that no file holds an erased user for long."""

import asyncio
import math
import time
from collections.abc import Callable
from contextlib import suppress

from app.state.protocol import StateUnavailableError
from app.state.redis.client import Call, RedisClient
from app.state.redis.scripts import Script
from app.state.redis.settings import RedisSettings

END_REQUEST = Script("""
-- KEYS: request of a rewrite. ARGV: the value at the beginning of the rewrite
-- An erasure during the rewrite has put another value, and needs another rewrite.
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
""")


class FileRewriter:
    """Asks Redis for a rewrite when an erasure has requested one, within `erasure_delay_s` of the erasure.

    At most one rewrite begins in half that time. The request is a key, so it outlives this process.
    """

    def __init__(
        self,
        client: RedisClient,
        key: str,
        settings: RedisSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._key = key
        self._deadline_s = settings.write_timeout_s
        self._delay_s = settings.erasure_delay_s
        self._clock = clock
        self._last = -math.inf
        self._begun: tuple[bytes, str] | None = (
            None  # the request and the server's run id at the last beginning
        )

    async def run(self) -> None:
        """Follow the requests until cancelled; end at once if the file is not in the service's hands."""
        while self._delay_s is not None:
            with suppress(StateUnavailableError):  # the client has counted and logged it
                await self.follow(self._delay_s / 2)
            await asyncio.sleep(self._delay_s / 10)

    async def follow(self, pause_s: float) -> None:
        """End a request whose rewrite is done; begin a requested one `pause_s` after the last one at the earliest.

        Raises StateUnavailableError.
        """
        info = await self._client.run_command("INFO", "server", "persistence", deadline_s=self._deadline_s)
        if info["aof_rewrite_in_progress"] or info["aof_rewrite_scheduled"]:
            return  # one that began before the last erasure does not count
        if self._begun is not None:
            request, run_id = self._begun
            self._begun = None
            if run_id == info["run_id"] and info["aof_last_bgrewrite_status"] == "ok":
                await self._client.run_script(END_REQUEST, Call((self._key,), [request]), self._deadline_s)
        request = await self._client.run_command("GET", self._key, deadline_s=self._deadline_s)
        if request is not None and self._clock() - self._last >= pause_s:
            await self._client.run_command("BGREWRITEAOF", deadline_s=self._deadline_s)
            self._begun, self._last = (request, info["run_id"]), self._clock()
