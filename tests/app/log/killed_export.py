"""An export in a process of its own, which is killed in the middle of a write."""

import asyncio
import multiprocessing
import os
import signal
from pathlib import Path

from app.log import export, impression_export
from app.log.impression_queue import WINDOW_S
from app.state.redis.settings import RedisSettings
from app.state.redis.store import RedisStore


def kill_export(
    settings: RedisSettings, folder: Path, writes: int, window_s: float = WINDOW_S, now: float | None = None
) -> int | None:
    """Export in parts of 1,000 entries, and be killed in the write with this number; the exit code of the process."""
    context = multiprocessing.get_context("spawn")
    arguments = (settings.url, settings.prefix, folder, writes, window_s, now)
    process = context.Process(target=_export_and_die, args=arguments)
    process.start()
    process.join(120)
    return process.exitcode


def _export_and_die(
    url: str, prefix: str, folder: Path, writes: int, window_s: float, now: float | None
) -> None:
    seen = 0

    def replace(self: Path, target: Path) -> Path:
        nonlocal seen
        seen += 1
        if seen == writes:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.rename(target)

    Path.replace = replace  # type: ignore[assignment,method-assign]
    export.FLUSH = impression_export.FLUSH = 1_000

    async def run() -> None:
        store = RedisStore(RedisSettings(url, timeout_s=10, write_timeout_s=10, prefix=prefix))
        await export.export_log(store, folder, window_s, now=now)

    asyncio.run(run())
